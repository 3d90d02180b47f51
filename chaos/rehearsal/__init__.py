"""Rehearsal: seeded load on this machine under injected faults, then a count of every job.

`command.py` is the entry, `tenantry rehearse`. Read `perform.py`, `schedule.py` and `tally.py` first.
"""
