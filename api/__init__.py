"""HTTP API: a Litestar application under a uvicorn server of our own.

`app.py` builds the application, and `__main__.py` starts a process of it. A request passes `guard.py` to a
route in `routes/`. The route calls a verb in `domain`. Read `app.py`, `guard.py` and `services.py` first.
"""
