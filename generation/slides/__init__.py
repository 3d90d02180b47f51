"""Slides: the plain look, and the parts that videos and remixes draw.

`plain.py` is the entry. Read `plain.py`, `kit.py` and `parts.py` first.
"""
