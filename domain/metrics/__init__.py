"""Metrics: reads of events and collected figures by hours, days and weeks of a project's zone.

Nothing is stored by zone: each query cuts its own buckets. Operations may import it.

`metrics.py` is the entry. Read `metrics.py`, `buckets.py` and `value_sources.py` first.
"""
