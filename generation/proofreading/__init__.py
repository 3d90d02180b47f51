"""Proofreading: finds faults of a piece by rules that are independent of the code that made it.

`read.py` is the entry. Read `read.py`, `words.py` and `pictures.py` first.
"""
