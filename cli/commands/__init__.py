"""Commands of `tenantry`, one a file under its own name; `cli/__main__.py` lists and imports them.

Read `org.py` (a command on the database), `webhooks.py` (one on the API) and `up.py` (the whole platform)
first.
"""
