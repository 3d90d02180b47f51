"""Proofreading: faults of a piece, found by rules that share nothing with those it was made by."""
