"""Jobs: their operations for partners and workers, and the subjects that end with them.

In the domain only operations may import it.

`jobs.py` is the entry. Read `jobs.py`, `subjects.py` and `retries.py` first.
"""
