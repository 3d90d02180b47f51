"""Chore that submits metrics collection for due accounts."""

from domain.collection import collection_runs
from workers.dispatcher.chore import Chore

COLLECT = Chore("collect_metrics", 1.0, collection_runs.submit_due, batch=collection_runs.CHECK_BATCH)
