"""Portraits: faces of presenters, drawn from tables of shapes. They are nobody's.

A portrait is an SVG drawing of 1000 x 1000 units whose middle column is x = 0. One seed is one person:
gender and age change how they look, not their skin, nor whether their hair is straight or coiled.
"""
