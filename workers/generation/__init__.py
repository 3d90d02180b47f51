"""Generation: one bounded process for each piece; its files are written to the storage.

Only `child.py` imports the drawing code. Tasks may import this package.
"""
