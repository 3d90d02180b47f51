"""Attacks: a module for each, with what it prepares and what its own process then does."""
