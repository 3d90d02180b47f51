"""Delete what is past its time (design 5)."""

from domain import quotas
from domain.upkeep import prune_receipts, prune_states
from jobs.upkeep import prune_jobs, prune_workers
from workers.dispatcher.chore import Chore

EVERY_S = 60.0

RETENTION = [
    Chore("retain_jobs", EVERY_S, prune_jobs),
    Chore("retain_workers", EVERY_S, prune_workers),
    Chore("retain_receipts", EVERY_S, prune_receipts),
    Chore("retain_states", EVERY_S, prune_states),
    Chore("retain_sends", EVERY_S, quotas.prune),
]
