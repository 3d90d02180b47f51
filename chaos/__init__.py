"""Chaos: real processes on servers of their own, load, faults, and a count of what is lost or doubled.

`rehearsal.command` and `attack.command` are the entries: `tenantry rehearse` and `tenantry attack`. The
benchmarks and the tests in `tests/chaos` use the same processes and proxies. Read first: `fleet` (processes),
`rehearsal.perform` (a run from its start to the report), `rehearsal.faults`.
"""
