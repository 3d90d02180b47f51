"""Conversions on their way to Meta and TikTok: what is sent of an event, and what an answer says.

Nothing that names a person leaves but as a hash: `hashing.py` has the vendors' rules, `person.py` says what
is looked for.
"""
