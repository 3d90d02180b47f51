"""Generator of docs pages from the code: `python -m tools.docs` writes them.

`pages.py` is the entry: it lists all generated pages and blocks. Read it, `contract.py` (tables in
hand-written pages) and `meanings.py` (their descriptions) first. A test fails while a page differs from the
code.
"""
