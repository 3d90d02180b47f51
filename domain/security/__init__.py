"""Security: keyrings, sealing, and the secrets of jobs.

Every package but values may import it; it imports none.

`vault.py` is the entry. Read `vault.py`, `keyring.py` and `job_secrets.py`.
"""
