"""Social accounts, their credentials and servers, and the limits of each platform.

Publishing, leasing, connecting and the packages above them may import it. Media and oauth, on the same level,
may not.

`accounts.py` is the entry. Read `accounts.py`, `credentials.py` and `platform_limits.py` first.
"""
