"""Chores of the main database: promotion, rescue, collection, webhooks, gauges, retention."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from prometheus_client import Gauge

from db.pool import Conn
from db.queries import webhook_sending
from domain.accounts import credentials
from domain.collection import collection_runs
from domain.content import posters
from domain.events import budgets
from domain.media import tickets, uploads
from domain.media.store import Store
from domain.operations import maintenance, pools
from domain.publishing import quotas
from domain.tenancy import audit
from domain.webhooks import delivery_jobs, events
from domain.webhooks.delivery_jobs import EndpointSearch
from jobs import maintenance as ledger
from jobs.courier import Courier
from schemas.errors import Unavailable
from schemas.ops import Pool
from telemetry import logs, metrics
from workers.dispatcher.leader import Chore
from workers.dispatcher.uptime import Uptime

PRUNE_EVERY_S = 60.0
#: Seconds between two prunes of the audit log: a run scans each tenant's index, and entries can wait.
AUDIT_EVERY_S = 3600.0
#: Seconds between scans for new deliveries, for due retries, and for leftovers of dead workers.
NEW_DELIVERY_SCAN_S = 0.05
DUE_DELIVERY_SCAN_S = 0.5
LEFTOVER_DELIVERY_SCAN_S = 2.0
#: Seconds between measurements for the gauges.
GAUGES_EVERY_S = 15.0

GAUGES: dict[Gauge, Callable[[Pool], float]] = {
    metrics.POOL_QUEUED: lambda pool: pool.queued,
    metrics.POOL_OLDEST: lambda pool: pool.oldest_due_seconds or 0,
    metrics.POOL_RUNNING: lambda pool: pool.running,
    metrics.POOL_CAPACITY: lambda pool: pool.capacity,
    metrics.POOL_DESIRED_WORKERS: lambda pool: pool.desired_workers,
    metrics.POOL_PAUSED: lambda pool: pool.paused,
}

_overdue_log = logs.get_logger("overdue")
_rescue_log = logs.get_logger("rescue")
_retention_log = logs.get_logger("retention")

#: Promotes scheduled jobs once they are due: from then on workers may claim them.
PROMOTE_JOBS_CHORE = Chore("promote", 0.1, ledger.promote)
#: Counts the waiting jobs of pools with a long queue, a part at a time.
COUNT_DUE_JOBS_CHORE = Chore("count_due", ledger.COUNT_EVERY_S, ledger.count_due)
#: Refreshes tokens that would expire before their next use.
REFRESH_TOKENS_CHORE = Chore("refresh_tokens", 60.0, credentials.submit_due_refreshes)
COLLECT_METRICS_CHORE = Chore(
    "collect_metrics", 1.0, collection_runs.submit_due, batch=collection_runs.CHECK_BATCH
)
#: Posters of videos that were uploaded before posters existed. Later, a run scans only new uploads.
MAKE_MISSING_POSTERS_CHORE = Chore(
    "look_back_for_posters", 5.0, posters.backfill, batch=posters.BACKFILL_BATCH
)
RETENTION_CHORES = [
    Chore("prune_jobs", PRUNE_EVERY_S, ledger.prune_jobs),
    Chore("prune_passing", PRUNE_EVERY_S, ledger.prune_short_lived),
    Chore("prune_workers", PRUNE_EVERY_S, ledger.prune_workers),
    Chore("prune_idempotency", PRUNE_EVERY_S, maintenance.prune_idempotency),
    Chore("prune_oauth_states", PRUNE_EVERY_S, maintenance.prune_oauth_states),
    Chore("prune_sends", PRUNE_EVERY_S, quotas.prune),
    Chore("prune_tickets", PRUNE_EVERY_S, tickets.prune),
    Chore("prune_webhooks", PRUNE_EVERY_S, events.prune),
    Chore("prune_intake_days", PRUNE_EVERY_S, budgets.prune, batch=budgets.BATCH),
]


def prune_audit(days: int) -> Chore:
    """Return the chore that deletes entries of the audit log older than `days`."""
    return Chore("prune_audit", AUDIT_EVERY_S, partial(audit.prune, keep=timedelta(days=days)))


def prune_media(store: Store) -> Chore:
    """Return the chore for files with an unfinished upload. It retries in a minute if the storage is away."""

    async def run(conn: Conn) -> int:
        try:
            return await uploads.prune_stale_uploads(conn, store)
        except Unavailable as error:
            _retention_log.warning("files not pruned", error=str(error))
            return 0

    return Chore("prune_media", PRUNE_EVERY_S, run)


async def _end_overdue(conn: Conn) -> int:
    """Fail queued jobs past their deadline. The worker or rescue ends a running one."""
    jobs = await maintenance.end_overdue(conn)
    for row in jobs:
        _overdue_log.warning("job ended past its deadline", **logs.job_fields(row))
    return len(jobs)


END_OVERDUE_JOBS_CHORE = Chore("overdue", 1.0, _end_overdue)


def rescue(uptime: Uptime, *, patience_s: float) -> Chore:
    """Return the chore that takes jobs from dead workers: their lease ran out while others renewed theirs.

    It also takes attempts past their time limit from any worker.
    """

    async def run(conn: Conn) -> int:
        if not uptime.is_steady:
            return 0
        terminate = partial(ledger.terminate_idle_sessions, before=uptime.deadline, patience_s=patience_s)
        if sessions := await terminate(conn):
            _rescue_log.warning("ended sessions idle in a transaction", sessions=sessions)
        moved = await maintenance.rescue(conn, before=uptime.deadline)
        for row in moved:
            _rescue_log.warning("attempt rescued", now=row.state, **logs.job_fields(row))
        return len(moved)

    return Chore("rescue", 0.5, run)


def delivery_chores(courier: Courier) -> Sequence[Chore]:
    """Return the chores that submit a job for each endpoint with due deliveries.

    A run sends the wakes itself: the dispatcher's own scan would be a tick later.
    """

    def chore(name: str, every_s: float, look: EndpointSearch) -> Chore:
        async def run(conn: Conn) -> int:
            looked_at, wakes = await look.submit(conn)
            for wake in wakes:
                await courier.send(wake)
            return looked_at

        return Chore(name, every_s, run, batch=delivery_jobs.BATCH)

    return [
        chore("deliver_new", NEW_DELIVERY_SCAN_S, EndpointSearch(delivery_jobs.FIND_NEW)),
        chore("deliver_due", DUE_DELIVERY_SCAN_S, EndpointSearch(delivery_jobs.FIND_DUE)),
        chore("deliver_left", LEFTOVER_DELIVERY_SCAN_S, EndpointSearch(delivery_jobs.FIND_LEFT)),
        Chore("webhook_backlog", GAUGES_EVERY_S, export_backlog_age),
    ]


async def export_backlog_age(conn: Conn) -> int:
    """Export the wait of the longest due delivery, of endpoints that accept deliveries."""
    metrics.WEBHOOK_BACKLOG_AGE.set(await webhook_sending.backlog_age_s.value(conn))
    return 0


def export_pools(slots: int) -> Chore:
    """Return the chore that exports queue depth and running jobs of each pool as gauges.

    `slots` is the assumed size of a worker in a pool without running workers.
    """

    async def run(conn: Conn) -> int:
        for pool in await pools.list_all(conn, slots=slots):
            for gauge, value in GAUGES.items():
                gauge.labels(pool.name).set(value(pool))
        return 0

    return Chore("show_pools", GAUGES_EVERY_S, run)


@contextmanager
def clear_gauges_after() -> Iterator[None]:
    """Clear the gauges when this process stops being the leader, so that no stale values are scraped."""
    try:
        yield
    finally:
        for gauge in GAUGES:
            gauge.clear()
