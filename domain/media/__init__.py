"""Media: uploads, stored files and their probing, and the storage itself.

Publishing, content and the packages above them may import it. Accounts and oauth, on the same level, may not.

`uploads.py` is the entry. Read `uploads.py`, `store.py` and `probing.py` first.
"""
