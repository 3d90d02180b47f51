"""Benchmarks: the README's figures, from real servers and processes, with a peer in the same run.

`command` is the entry, `tenantry bench`. Read first: `suites` (each figure's measurement), `figures`
(targets and the size of a run), `drain` (a short measurement).
"""
