"""Generator of docs pages from the code: `python -m docs.make` writes them.

`pages` is the entry: it lists all generated pages and blocks. `command_line` and `settings` write whole
pages. `contract` and `folders` fill blocks of hand-written pages, with the descriptions in `meanings`.
A test fails while a page differs from the code.
"""
