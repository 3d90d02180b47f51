"""Benchmark of the ledger's statements: an old ledger compared with an empty one."""
