"""PostgreSQL and Redis: pools, migrations, SQL statements and functions, servers for one machine.

`pool.py` is the entry: the connections of a process. Read `pool.py`, `migrate.py` and `queries/__init__.py`
first. A pull of jobs, with the fair share of each tenant, is `functions/claim_jobs.sql`.
"""
