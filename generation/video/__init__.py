"""Videos: scenes of moving words and pictures, encoded in sync with their sound.

`video.py` is the entry. Read `video.py`, `scene.py` and `moving.py` first.
"""
