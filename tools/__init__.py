"""Tools for people who change the code. None is in the wheel, and no package of the product imports them.

Read first: `node.py`, `javascript/__main__.py`.
"""
