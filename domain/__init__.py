"""Rules of the product: verbs on a connection, one package for each part of it.

`pyproject.toml` has the order of the packages. Start with `publishing/posts.py`; then read
`events/intake.py`, `projects/archive_status.py` and `tenancy/api_keys.py`.
"""
