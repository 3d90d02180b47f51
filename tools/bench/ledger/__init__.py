"""Benchmark of the ledger's statements: an old ledger compared with an empty one.

`measure.py` is the entry. Read `sides.py` (both ledgers) and `statements.py` next.
"""
