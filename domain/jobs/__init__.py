"""Jobs: their operations for partners and workers, and the subjects that end with them.

In the domain only operations may import it.

The entry is the module `jobs`. Read `subjects.py`, `retries.py` and `timelines.py` first.
"""
