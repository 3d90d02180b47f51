"""Move of an organization's rows to another PostgreSQL, by logical replication with row filters.

`tables.py` lists the way of each table. Read `tables.py`, `replication.py` and `copying.py` first.
"""
