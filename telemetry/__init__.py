"""Telemetry of a process: logs, metrics, spans, health, and the cost of a request.

`metrics.py` is the entry: each metric of the product. Read `metrics.py`, `logs.py` and `tracing.py` first.
"""
