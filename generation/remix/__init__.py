"""Remixes: an untrusted clip of a partner, made into a 9:16 post with a brand's copy.

`remix.py` is the entry. Read `remix.py`, `clip.py` and `framing.py` first.
"""
