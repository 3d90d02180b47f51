"""Workers: processes that run jobs, and the dispatcher that finds due ones.

`__main__.py` starts the worker of a pool. Read `runtime/worker.py`, `tasks/__init__.py` and
`dispatcher/loop.py` first.
"""
