"""Formatter and linter of the console's JavaScript: Biome, as `bin/check javascript` runs it."""
