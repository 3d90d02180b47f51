"""Tools of this repository's engineers, which a wheel lacks.

`bench` is `tenantry bench`, `docs` writes the generated pages, `sheet` renders many brands on one picture, and
`predict` reads a corpus of pages. `javascript` formats and lints the console's scripts, by packages that `node.py`
installs. Read first: `bench/command.py`, `docs/pages.py`, `javascript/__main__.py`.
"""
