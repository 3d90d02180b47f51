"""Publishing: posts from their schedule to their outcome on a platform.

Content, leasing, connecting and the packages above them may import it. Brand, on the same level, may not.

`posts.py` is the entry. Read `scheduling.py`, `sending.py` and `states.py` first. `waiting.py` has the bulk
cancel of an archive.
"""
