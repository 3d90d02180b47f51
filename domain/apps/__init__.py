"""SDK apps of projects: their identifiers, event keys and conversion destinations.

Packages above the level of accounts may import it. Accounts, media and oauth may not.

`apps.py` is the entry. Read `apps.py`, `app_keys.py` and `destinations.py` first.
"""
