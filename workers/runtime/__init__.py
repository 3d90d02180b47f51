"""Runtime of a worker: pulls jobs, runs their tasks, renews its lease, settles outcomes in batches.

`worker.py` is the entry. Read `worker.py`, `context.py` and `runner.py` first.
"""
