"""Sound of videos, in numpy: the same seed gives the same samples.

`track.py` is the entry. Read `track.py`, `bed.py` and `speech.py` first.
"""
