"""Slides: layouts of a slideshow and of a single image, from a brand's theme, pictures and copy.

`deck.py` is the entry. Read `deck.py`, `kit.py` and `hook.py` first.
"""
