"""Colors of a brand: read out of metas, style sheets and pictures, and weighed into at most five with roles.

`palette.py` has the choice among all that was found.
"""
