"""Operations: an operator's views and actions, and the dispatcher's chores.

No other package of domain may import it.

`maintenance.py` is the entry. Read `maintenance.py`, `pools.py` and `operator_jobs.py` first.
"""
