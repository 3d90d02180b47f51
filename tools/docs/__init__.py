"""Generator of docs pages from the code: `python -m tools.docs` writes them.

`pages` is the entry: it lists all generated pages and blocks. Read first: `pages`, `contract` (tables in
hand-written pages), `meanings` (their descriptions). A test fails while a page differs from the code.
"""
