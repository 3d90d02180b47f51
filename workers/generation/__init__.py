"""Generation: one bounded process for each piece, its files on their way into the storage.

Only `child.py` imports what draws. Tasks may import this package.
"""
