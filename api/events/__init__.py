"""Intake of events: the hot path, from the bytes of a request to its commit.

`requests.py` is the entry. Read `requests.py`, `app_lookup.py` and `write_behind.py` first.
"""
