"""The event archive: copies of closed days of events in an external analytics database.

`clickhouse.py` is the one adapter.
"""
