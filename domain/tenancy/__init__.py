"""Tenancy: organizations, API keys, the audit log, idempotency records, project locks and sandbox clocks.

Every package above it may import it; it imports security and values.

`organizations.py` is the entry. Read `organizations.py`, `api_keys.py` and `project_locks.py` first.
"""
