"""Attacks: one module each, with its setup and the work of its process."""
