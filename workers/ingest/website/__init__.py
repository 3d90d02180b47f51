"""A website's word on a brand: the page that the partner names, its site's root, and pages that it leads to.

`ingest.py` is the way in, and has the order of things; `session.py` is how anything is asked for.
"""
