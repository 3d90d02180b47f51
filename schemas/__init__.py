"""Shapes: requests and answers of the API, ids, settings and errors.

Imports no other package but the descriptions in `platforms/`.

`base.py` is the entry: strict bodies, camelCase answers. Read `base.py`, `ids.py` and `settings.py` first.
"""
