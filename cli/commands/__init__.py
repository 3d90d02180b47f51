"""Commands of `tenantry`, one a file under its own name; `cli/__main__.py` lists and imports them.

Read first: `org` (a command on the database), `api` (one on the API), `up` (the whole platform).
"""
