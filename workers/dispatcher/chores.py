"""Chores of the main database: promotion, rescue, collection, webhooks, gauges, retention."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from prometheus_client import Gauge

from db.pool import Conn
from db.queries import TypedQuery, webhook_sending
from domain.accounts import credentials
from domain.collection import collection_runs
from domain.content import posters
from domain.events import budgets
from domain.media import tickets, uploads
from domain.media.storage import open_media_store
from domain.media.store import MediaStore
from domain.operations import maintenance, pools
from domain.publishing import quotas
from domain.tenancy import audit
from domain.webhooks import delivery_jobs, events
from domain.webhooks.delivery_jobs import EndpointWithPendingDeliveries, WebhookEndpointRoundRobin
from jobs import maintenance as ledger
from jobs.courier import WakeCourier
from schemas.errors import ServiceUnavailable
from schemas.ops import Pool
from schemas.settings import Settings
from telemetry import logs, metrics
from workers.dispatcher.leader import Chore
from workers.dispatcher.uptime import PostgresUptimeTracker
from workers.runtime.heartbeat import compute_postgres_silence_timeout_s

RETENTION_PRUNE_INTERVAL_S = 60.0
#: Seconds between two prunes of the audit log: a run scans each tenant's index, and entries can wait.
AUDIT_PRUNE_INTERVAL_S = 3600.0
#: Seconds between scans for new deliveries, for due retries, and for leftovers of dead workers.
NEW_WEBHOOK_DELIVERY_SCAN_INTERVAL_S = 0.05
DUE_WEBHOOK_DELIVERY_SCAN_INTERVAL_S = 0.5
LEFTOVER_WEBHOOK_SCAN_INTERVAL_S = 2.0
#: Seconds between measurements for the gauges.
GAUGE_MEASURE_INTERVAL_S = 15.0

VALUE_READER_BY_WORKER_POOL_GAUGE: dict[Gauge, Callable[[Pool], float]] = {
    metrics.POOL_QUEUED_JOB_GAUGE: lambda pool: pool.queued,
    metrics.POOL_OLDEST_DUE_SECONDS_GAUGE: lambda pool: pool.oldest_due_seconds or 0,
    metrics.POOL_RUNNING_JOB_GAUGE: lambda pool: pool.running,
    metrics.POOL_WORKER_SLOT_GAUGE: lambda pool: pool.capacity,
    metrics.POOL_DESIRED_WORKER_GAUGE: lambda pool: pool.desired_workers,
    metrics.POOL_PAUSED_GAUGE: lambda pool: pool.paused,
}

_overdue_jobs_log = logs.get_logger("overdue")
_job_rescue_log = logs.get_logger("rescue")
_retention_log = logs.get_logger("retention")


def build_dispatcher_chores(settings: Settings, courier: WakeCourier, uptime: PostgresUptimeTracker) -> list[Chore]:
    """Return the dispatcher's chores of the main database, in the order in which a tick runs them.

    Raises `SettingsInvalid`.
    """
    prune_audit = partial(audit.prune_audit_entries, keep=timedelta(days=settings.audit_days))
    return [
        # Scheduled jobs are promoted once they are due: from then on workers may claim them.
        Chore("promote", 0.1, ledger.promote_scheduled_jobs),
        build_job_rescue_chore(uptime, patience_s=compute_postgres_silence_timeout_s(settings.lease_s)),
        QUEUED_JOB_DEADLINE_CHORE,
        # Tokens that would expire before their next use.
        Chore("refresh_tokens", 60.0, credentials.submit_due_token_refreshes),
        Chore(
            "collect_metrics",
            1.0,
            collection_runs.submit_due_metric_collections,
            batch=collection_runs.MAX_ACCOUNTS_PER_COLLECTION_CHECK,
        ),
        *build_webhook_delivery_chores(courier),
        # Posters of videos that were uploaded before posters existed. Later, a run scans only new uploads.
        Chore(
            "look_back_for_posters",
            5.0,
            posters.submit_next_video_poster_backfill,
            batch=posters.MAX_FILES_SCANNED_PER_POSTER_BACKFILL,
        ),
        # The waiting jobs of pools with a long queue, a part at a time.
        Chore("count_due", ledger.JOB_COUNT_PART_INTERVAL_S, ledger.count_next_part_of_queued_jobs),
        build_pool_gauges_chore(settings.slots),
        Chore("prune_jobs", RETENTION_PRUNE_INTERVAL_S, ledger.prune_ended_jobs),
        Chore("prune_passing", RETENTION_PRUNE_INTERVAL_S, ledger.prune_short_lived_jobs),
        Chore("prune_workers", RETENTION_PRUNE_INTERVAL_S, ledger.prune_dead_workers_without_jobs),
        Chore("prune_idempotency", RETENTION_PRUNE_INTERVAL_S, maintenance.prune_idempotency_keys),
        Chore("prune_oauth_states", RETENTION_PRUNE_INTERVAL_S, maintenance.prune_oauth_states),
        Chore("prune_sends", RETENTION_PRUNE_INTERVAL_S, quotas.prune_old_post_sends),
        Chore("prune_tickets", RETENTION_PRUNE_INTERVAL_S, tickets.prune_media_download_tickets),
        Chore("prune_webhooks", RETENTION_PRUNE_INTERVAL_S, events.prune_webhook_events),
        Chore(
            "prune_intake_days",
            RETENTION_PRUNE_INTERVAL_S,
            budgets.prune_old_event_budget_days,
            batch=budgets.MAX_EVENT_BUDGET_ROWS_PER_PRUNE,
        ),
        Chore("prune_audit", AUDIT_PRUNE_INTERVAL_S, prune_audit),
        build_unclaimed_upload_prune_chore(open_media_store(settings)),
    ]


def build_unclaimed_upload_prune_chore(store: MediaStore) -> Chore:
    """Return the dispatcher's chore that deletes uploaded files left unclaimed for a day, or marked for pruning.

    It repeats in a minute if the media storage can't be reached.
    """

    async def run(conn: Conn) -> int:
        try:
            return await uploads.prune_stale_uploads(conn, store)
        except ServiceUnavailable as error:
            _retention_log.warning("files not pruned", error=str(error))
            return 0

    return Chore("prune_media", RETENTION_PRUNE_INTERVAL_S, run)


async def _fail_queued_jobs_past_deadline(conn: Conn) -> int:
    """Fail a batch of queued jobs that are past their deadline; return their number.

    Running jobs are left alone: their worker, or the rescue of jobs, ends them at their deadline.
    """
    jobs = await maintenance.end_overdue_jobs_and_subjects(conn)
    for row in jobs:
        _overdue_jobs_log.warning("job ended past its deadline", **logs.job_log_fields(row))
    return len(jobs)


QUEUED_JOB_DEADLINE_CHORE = Chore("overdue", 1.0, _fail_queued_jobs_past_deadline)


def build_job_rescue_chore(uptime: PostgresUptimeTracker, *, patience_s: float) -> Chore:
    """Return the chore that takes jobs from dead workers, and attempts past their time limit from any worker.

    A worker is dead if its lease ran out while Postgres was up. Sessions idle `patience_s` in a transaction end.
    """

    async def run(conn: Conn) -> int:
        if not uptime.was_up_for_whole_lease:
            return 0
        terminate = partial(
            ledger.terminate_stuck_sessions, before=uptime.deadline_to_declare_workers_dead, patience_s=patience_s
        )
        if sessions := await terminate(conn):
            _job_rescue_log.warning("ended sessions idle in a transaction", sessions=sessions)
        moved = await maintenance.requeue_or_end_lost_jobs(conn, before=uptime.deadline_to_declare_workers_dead)
        for row in moved:
            _job_rescue_log.warning("attempt rescued", now=row.state, **logs.job_log_fields(row))
        return len(moved)

    return Chore("rescue", 0.5, run)


def build_webhook_delivery_chores(courier: WakeCourier) -> Sequence[Chore]:
    """Return the chores that submit a job for each webhook endpoint with new, due or left-over deliveries.

    They send the wakes themselves: the dispatcher's scan would be a tick later. The last exports the backlog's age.
    """

    def chore(name: str, every_s: float, query: TypedQuery[EndpointWithPendingDeliveries]) -> Chore:
        look = WebhookEndpointRoundRobin(query)

        async def run(conn: Conn) -> int:
            looked_at, wakes = await look.submit_jobs_of_next_endpoints(conn)
            for wake in wakes:
                await courier.send_or_queue_wake(wake)
            return looked_at

        return Chore(name, every_s, run, batch=delivery_jobs.WEBHOOK_ENDPOINTS_PER_SEARCH_BATCH)

    return [
        chore("deliver_new", NEW_WEBHOOK_DELIVERY_SCAN_INTERVAL_S, delivery_jobs.FIND_ENDPOINTS_WITH_NEW_DELIVERIES),
        chore("deliver_due", DUE_WEBHOOK_DELIVERY_SCAN_INTERVAL_S, delivery_jobs.FIND_ENDPOINTS_WITH_DUE_DELIVERIES),
        chore("deliver_left", LEFTOVER_WEBHOOK_SCAN_INTERVAL_S, delivery_jobs.FIND_ENDPOINTS_WITH_LEFTOVER_DELIVERIES),
        Chore("webhook_backlog", GAUGE_MEASURE_INTERVAL_S, export_webhook_backlog_age),
    ]


async def export_webhook_backlog_age(conn: Conn) -> int:
    """Set the Prometheus gauge of the webhook backlog to the longest wait of a due delivery, in seconds.

    Only endpoints that accept deliveries count. Return 0, as a chore without rows.
    """
    metrics.WEBHOOK_BACKLOG_AGE_SECONDS_GAUGE.set(await webhook_sending.backlog_age_s.value(conn))
    return 0


def build_pool_gauges_chore(slots: int) -> Chore:
    """Return the chore that exports queue depth and running jobs of each pool as gauges.

    `slots` is the assumed size of a worker in a pool without running workers.
    """

    async def run(conn: Conn) -> int:
        for pool in await pools.list_worker_pools(conn, slots=slots):
            for gauge, value in VALUE_READER_BY_WORKER_POOL_GAUGE.items():
                gauge.labels(pool.name).set(value(pool))
        return 0

    return Chore("show_pools", GAUGE_MEASURE_INTERVAL_S, run)


@contextmanager
def clear_worker_pool_gauges_after_block() -> Iterator[None]:
    """Clear the worker pools' gauges after the block, so that no stale values are scraped from a former leader."""
    try:
        yield
    finally:
        for gauge in VALUE_READER_BY_WORKER_POOL_GAUGE:
            gauge.clear()
