"""Leasing: accounts that an operator offers, leases them to organizations, and their requests.

Connecting and the packages above it may import it. Content, on the same level, may not.

`leases.py` is the entry. Read `leases.py`, `offers.py` and `requests.py`.
"""
