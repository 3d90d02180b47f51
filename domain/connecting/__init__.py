"""Connecting accounts: from a person's consent to stored tokens, and their refresh and revocation.

Projects, jobs and operations may import it.

`authorization.py` is the entry. Read `authorization.py`, `connect.py` and `token_refresh.py` first.
"""
