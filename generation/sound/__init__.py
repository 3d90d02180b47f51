"""Sound of videos, in numpy: the same seed gives the same samples."""
