"""Tools of this repository's engineers, which a wheel lacks.

`bench` is `tenantry bench`, `docs` writes the generated pages, `sheet` renders many brands on one picture,
and `predict` reads a corpus of pages. Read first: `bench.command`, `docs.pages`, `sheet`.
"""
