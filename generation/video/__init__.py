"""Videos: scenes of moving words and pictures, encoded in sync with their sound.

`video.py` is the entry. Read `video.py`, `film.py` and `scene.py` first.
"""
