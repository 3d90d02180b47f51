"""Routes: one module for each resource.

`api/app.py` serves each handler of these modules behind the guard, unless its module lists it in `KEYLESS_ROUTES` or
`SDK_APP_KEY_ROUTES`. A route declares its scope and its limits, opens the transaction and calls a verb of `domain`.
Read `posts.py`, `content.py` and `events.py` first.
"""
