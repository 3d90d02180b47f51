"""Chores that delete rows and files past their retention. Each domain module defines its own."""

from datetime import timedelta
from functools import partial

from db.pool import Conn
from domain.events import budgets
from domain.media import tickets, uploads
from domain.media.store import Store
from domain.operations.maintenance import prune_idempotency, prune_oauth_states
from domain.publishing import quotas
from domain.tenancy import audit
from domain.webhooks import events
from jobs.maintenance import prune_jobs, prune_short_lived, prune_workers
from schemas.errors import Unavailable
from telemetry import logs
from workers.dispatcher.chore import Chore

EVERY_S = 60.0
#: Seconds between two runs: a run scans each tenant's index, and entries of 400 days can wait.
AUDIT_EVERY_S = 3600.0

_log = logs.get_logger("retention")

RETENTION = [
    Chore("prune_jobs", EVERY_S, prune_jobs),
    Chore("prune_passing", EVERY_S, prune_short_lived),
    Chore("prune_workers", EVERY_S, prune_workers),
    Chore("prune_idempotency", EVERY_S, prune_idempotency),
    Chore("prune_oauth_states", EVERY_S, prune_oauth_states),
    Chore("prune_sends", EVERY_S, quotas.prune),
    Chore("prune_tickets", EVERY_S, tickets.prune),
    Chore("prune_webhooks", EVERY_S, events.prune),
    Chore("prune_intake_days", EVERY_S, budgets.prune, batch=budgets.BATCH),
]


def prune_audit(days: int) -> Chore:
    """Return the chore that deletes entries of the audit log older than `days`."""
    return Chore("prune_audit", AUDIT_EVERY_S, partial(audit.prune, keep=timedelta(days=days)))


def prune_media(store: Store) -> Chore:
    """Return the chore for files with an unfinished upload. It retries in a minute if the storage is away."""

    async def run(conn: Conn) -> int:
        try:
            return await uploads.prune(conn, store)
        except Unavailable as error:
            _log.warning("files not pruned", error=str(error))
            return 0

    return Chore("prune_media", EVERY_S, run)
