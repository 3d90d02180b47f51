"""Content: captions and files, their generation, and their approval.

Connecting and the packages above it may import it. Leasing, on the same level, may not.

`content.py` is the entry. Read `content.py`, `approvals.py` and `generating.py` first.
"""
