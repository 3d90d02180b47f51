"""Benchmarks: the README's figures, from real servers and processes, with a peer in the same run.

`command.py` is the entry, `tenantry bench`. Read `suites.py` (each figure's measurement), `figures.py`
(targets and the size of a run) and `drain.py` (a short measurement) first.
"""
