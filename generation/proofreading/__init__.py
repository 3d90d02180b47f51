"""Proofreading: finds faults of a piece by rules that are independent of the code that made it."""
