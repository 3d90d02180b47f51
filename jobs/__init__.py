"""Jobs: the ledger in Postgres, the kinds, the outcomes of attempts, and the courier that wakes workers.

The domain submits jobs and ends their subjects, the workers run them. Imports db and what is below it.
"""
