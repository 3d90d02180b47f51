"""Collection: polls platforms for figures of posts and accounts, and stores the changes.

`domain/metrics` reads them. In the domain only operations may import it.

`collection_runs.py` is the entry. Read it, `cadence.py` and `snapshots.py`.
"""
