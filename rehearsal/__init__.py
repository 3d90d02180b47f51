"""Rehearsal: a bad day on this machine, from a seed: load while faults strike, then a count of every job."""
