"""Videos: scenes whose words and pictures move, encoded in time with their sound."""
