"""Videos: scenes of moving words and pictures, encoded in sync with their sound."""
