"""Readers of a repository's files. They run in the parsing process, since any file may be hostile.

`repository.py` is the entry. Read `repository.py`, `readme.py` and `manifests.py` first.
"""
