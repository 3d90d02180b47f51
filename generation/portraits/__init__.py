"""Portraits of presenters, drawn from tables of shapes. They depict no real people.

A portrait is an SVG drawing of 1000 x 1000 units with its middle column at x = 0. One seed is one person:
gender and age change the look, but not the skin, and not the choice of straight or coiled hair.

`portrait.py` is the entry. Read `portrait.py`, `looks.py` and `sketch.py` first.
"""
