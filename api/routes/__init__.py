"""Routes: one module for each resource, with its handlers in `ROUTES` or `PUBLIC`.

A route declares its scope and its limits, opens the transaction and calls a verb of `domain`. `posts.py` is a
typical one. Read `posts.py`, `jobs.py` and `events.py` first.
"""
