"""Generation: one bounded process for each piece; its files are written to the storage.

Only `child.py` imports the drawing code. Tasks may import this package.

`rendering.py` is the entry. Read `rendering.py`, `child.py` and `protocol.py` first.
"""
