"""Routes: one module for each resource.

`api/app.py` serves each handler of these modules behind the guard, unless its module lists it in `PUBLIC` or
`FOR_APPS`. A route declares its scope and its limits, opens the transaction and calls a verb of `domain`.
Read `posts.py`, `content.py` and `events.py` first.
"""
