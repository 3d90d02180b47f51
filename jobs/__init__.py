"""Jobs: the ledger in Postgres, the kinds, the outcomes of attempts, and the courier for wakes.

The domain submits jobs and ends their subjects, the workers run them. Start with `ledger.py`, `kinds.py` and
`outcomes.py`. Imports db and lower layers.
"""
