"""Benchmark of events, from a request to its commit, with a raw COPY and a bare route in the same run.

`speed.py`, `latency.py` and `counting.py` are the entries. Read `generated.py` (the events) next.
"""
