"""The HTTP server: uvicorn's, with limits on what a connection may take. `api/__main__.py` starts it.

It knows nothing of routes: any ASGI application runs in it. What a stranger without a key can hold is
bounded here, since no check of a key comes before the head of a request.
"""
