"""Processes that fork others: a parent keeps the listening sockets, an image imports the code, its forks serve.

`run_parent` in `parent.py` is the entry of a command. Read `parent.py`, `image.py` and `family.py`. The modules import
only the standard library: the parent stays small, and runs while the product's code is replaced.
"""
