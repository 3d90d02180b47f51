"""Leasing: accounts that an operator offers, and the organizations that post to them for a time.

Connecting and what is above it may import it; not content, which stands beside it.
"""
