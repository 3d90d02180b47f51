"""Text on pictures: cleaned, broken into lines, fitted to a box, shaped and rasterised with HarfBuzz only.

Lengths of shaped text are in em, so a text is shaped once and fits at any size by arithmetic.

`fitting.py` is the entry. Read `fitting.py`, `breaking.py` and `shaping.py` first.
"""
