"""Chores of collection: accounts that come up are looked at, and jobs that have ended go soon."""

from domain.collection import visits
from workers.dispatcher.chore import Chore

COLLECT = Chore("collect_metrics", 1.0, visits.submit_due, batch=visits.LOOKED_AT)
PRUNE_VISITS = Chore("prune_visits", 60.0, visits.prune, batch=visits.PRUNED)
