"""Apps: SDK apps of projects, their identifiers, and the keys that they send events with.

What is above the row of accounts may import it; not accounts, media and oauth beside it.
"""
