"""Rehearsal: seeded chaos test on this machine: load under injected faults, then a count of every job."""
