"""HTTP server: uvicorn with limits per connection. `api/__main__.py` starts it.

It is independent of the routes and runs any ASGI application. It limits the resources of strangers without a
key: keys are only checked after the head of a request.

`serve.py` is the entry. Read `serve.py`, `connection.py` and `admission.py` first.
"""
