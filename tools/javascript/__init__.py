"""Formatter (dprint) and linter (Biome) of the JavaScript, as `bin/check javascript` runs them.

`__main__.py` is the entry; `format.mjs` runs the formatter.
"""
