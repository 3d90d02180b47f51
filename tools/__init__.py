"""Tools of this repository's engineers, which a wheel lacks.

`bench` is `tenantry bench`, `docs` writes the generated pages, `sheet` renders many brands on one picture.
`predict` reads a corpus of pages. `javascript` formats and lints the console, with packages of `node.py`.
Read first: `bench/command.py`, `docs/pages.py`, `javascript/__main__.py`.
"""
