"""Chore that submits metrics collection for due accounts."""

from domain.collection import visits
from workers.dispatcher.chore import Chore

COLLECT = Chore("collect_metrics", 1.0, visits.submit_due, batch=visits.CHECK_BATCH)
