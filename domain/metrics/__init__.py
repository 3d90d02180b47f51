"""Metrics: what is read of events and of collected figures, by hours, days and weeks of a project's zone.

Nothing is stored by zone: buckets are cut anew for each question. What purges may import it.
"""
