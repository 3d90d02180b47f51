"""Tools of this repository's engineers, which a wheel lacks.

`bench` is `tenantry bench`, `docs` writes the generated pages, `sheet` renders many brands on one picture.
`predict` reads a corpus of pages. `javascript` formats and lints the JavaScript, with packages of `node.py`.
Read `bench/command.py`, `tools/docs/pages.py` and `javascript/__main__.py` first.
"""
