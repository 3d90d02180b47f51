"""Conversions for Meta and TikTok: build an event's payload, and classify the destination's responses.

Personal data leaves only as a hash: `hashing.py` has the vendors' rules, `person.py` the fields that are
read.

`outbox.py` is the entry. Read `outbox.py`, `due_split.py` and `verdict.py` first.
"""
