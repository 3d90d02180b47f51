"""Videos: films of a look's slides with moving photos and words, encoded in sync with their sound.

`video.py` is the entry. Read `video.py`, `film.py` and `layers.py` first.
"""
