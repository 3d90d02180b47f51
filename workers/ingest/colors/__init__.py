"""Colors of a brand: read from metas, style sheets and images, and ranked into at most five with roles.

`palette.py` chooses among all candidates.

Read `palette.py`, `styles.py` and `logo.py` first.
"""
