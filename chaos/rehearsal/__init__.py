"""Rehearsal: seeded load on this machine under injected faults, then a count of every job.

`command` is the entry, `tenantry rehearse`. Read first: `perform`, `schedule`, `tally`.
"""
