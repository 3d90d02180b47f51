"""Events from SDK apps and partners' servers: intake, deduplication, counts, conversions, archive.

All of its tables are in the event store, which may be a separate database: no statement here reads another
table. Packages above apps may import it.

`intake.py` is the entry. Read `intake.py`, `group_commit.py` and `conversions.py` first.
"""
