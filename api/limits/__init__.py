"""Limits of a caller: requests, events, cost, database connections, CPU and disk.

`rate_limits.py` is the entry, called by the guard. Read `rate_limits.py`, `tenant_connections.py` and
`cost_budgets.py` first.
"""
