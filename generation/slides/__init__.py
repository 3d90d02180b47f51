"""Slides: the plain look, and the kit that it shares with the stickers of remixes.

`plain.py` is the entry. Read `plain.py` and `kit.py` first.
"""
