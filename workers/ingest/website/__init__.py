"""Website ingest: reads the page that the partner names, its site's root, and pages that it links to.

`ingest.py` is the entry and has the order of steps; `session.py` makes all requests.

Read `ingest.py`, `session.py` and `pages.py` first.
"""
