"""Chaos: real processes on servers of their own, load, faults, and a count of lost and doubled jobs.

`rehearsal/command.py` and `attack/command.py` are the entries: `tenantry rehearse` and `tenantry attack`. The
benchmarks and the tests in `tests/chaos` use the same processes and proxies. Read `fleet.py` (processes),
`rehearsal/perform.py` (a run from its start to the report) and `rehearsal/faults.py` first.
"""
