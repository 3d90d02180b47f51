"""Dispatcher: finds due jobs every 50 ms and runs the chores, on one connection.

Any number of dispatchers may run: one leads. The chores of the event store have a connection and a leader of
their own: the store may be another database, and its delays must not delay jobs.
"""

import asyncio
from datetime import datetime

from db.pool import Conn
from domain.media.storage import open_store
from jobs import maintenance
from jobs.courier import Courier, open_courier
from schemas.settings import Settings
from telemetry import health, metrics
from workers.dispatcher.chores import (
    COLLECT_METRICS_CHORE,
    COUNT_DUE_JOBS_CHORE,
    END_OVERDUE_JOBS_CHORE,
    MAKE_MISSING_POSTERS_CHORE,
    PROMOTE_JOBS_CHORE,
    REFRESH_TOKENS_CHORE,
    RETENTION_CHORES,
    clear_gauges_after,
    delivery_chores,
    export_pools,
    prune_audit,
    prune_media,
    rescue,
)
from workers.dispatcher.event_archiver import EventArchiver
from workers.dispatcher.events import EventKeeper
from workers.dispatcher.leader import Leader
from workers.dispatcher.uptime import Uptime
from workers.dispatcher.wake import WakeLimiter, wake
from workers.runtime.heartbeat import patience_s
from workers.runtime.shutdown import StopRequest, stop_signals


async def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; the ticks under way are finished first."""
    with stop_signals() as stop:
        async with (
            open_courier(settings.redis_url) as courier,
            health.serve_health(settings.health_port, host=settings.health_host, hosts=settings.hosts),
            asyncio.TaskGroup() as group,
        ):
            group.create_task(Dispatcher(settings, courier).run(stop))
            group.create_task(EventKeeper(settings).run(stop))
            if settings.events_archive_url:
                group.create_task(EventArchiver(settings).run(stop))


class Dispatcher(Leader):
    """The leader in the main database. Raises `SettingsInvalid`."""

    def __init__(self, settings: Settings, courier: Courier) -> None:
        self._courier, self._wake_limiter = courier, WakeLimiter()
        self._uptime = Uptime(settings.lease_s)
        chores = [
            PROMOTE_JOBS_CHORE,
            rescue(self._uptime, patience_s=patience_s(settings.lease_s)),
            END_OVERDUE_JOBS_CHORE,
            REFRESH_TOKENS_CHORE,
            COLLECT_METRICS_CHORE,
            *delivery_chores(courier),
            MAKE_MISSING_POSTERS_CHORE,
            COUNT_DUE_JOBS_CHORE,
            export_pools(settings.slots),
            *RETENTION_CHORES,
            prune_audit(settings.audit_days),
            prune_media(open_store(settings)),
        ]
        super().__init__(
            settings.database_url, name="dispatcher", lock=maintenance.LEADER_LOCK, chores=chores
        )

    async def tick(self, conn: Conn) -> None:
        """Wake pools with due jobs, then run the due chores."""
        at, due = await maintenance.find_due_pools(conn)
        self.answered(at)
        await wake(self._courier, self._wake_limiter.choose(due, self._clock()))
        await super().tick(conn)

    async def lead(self, conn: Conn, stop: StopRequest) -> None:
        with metrics.DISPATCHER_LEADS.track_inprogress(), clear_gauges_after():
            await super().lead(conn, stop)

    def answered(self, at: datetime) -> None:
        self._uptime.answered(at)

    def failed(self) -> None:
        self._uptime.failed()
