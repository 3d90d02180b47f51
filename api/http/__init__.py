"""HTTP for all routes: requests, responses, errors, bodies, paging, idempotency, uploads.

`requests.py` is the entry: the request that each route gets. Read `requests.py`, `errors.py` and
`idempotency.py` first.
"""
