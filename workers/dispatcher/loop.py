"""Dispatcher: finds due jobs every 50 ms and runs the chores, on one connection.

Any number of dispatchers may run: one leads. The chores of the event store have a connection and a leader of
their own, and so has each folder: the store may be another database, and its delays must not delay jobs.
"""

import asyncio

from db.pool import Conn
from jobs import maintenance
from jobs.courier import WakeCourier, open_redis_wake_courier
from schemas.settings import Settings
from telemetry import health, metrics
from workers.dispatcher.chores import build_dispatcher_chores, clear_worker_pool_gauges_after_block
from workers.dispatcher.event_archiver import ClickHouseArchiveLeader
from workers.dispatcher.events import EventFoldLeader, EventStoreChoreLeader
from workers.dispatcher.leader import ChoreLeader
from workers.dispatcher.uptime import PostgresUptimeTracker
from workers.dispatcher.wake import PoolWakeLimiter, send_pool_wakes
from workers.runtime.shutdown import StopSoonOrNowRequest, handle_stop_signals


async def serve_dispatcher(settings: Settings) -> None:
    """Run the dispatcher, the event store's leader and folders, and the archive's leader, until SIGTERM or SIGINT.

    The runs of chores under way are finished first. Without an archive in the settings, its leader doesn't run.
    """
    with handle_stop_signals() as stop:
        async with (
            open_redis_wake_courier(settings.redis_url) as courier,
            health.serve_health(settings.health_port, host=settings.health_host, hosts=settings.allowed_request_hosts),
            asyncio.TaskGroup() as group,
        ):
            group.create_task(Dispatcher(settings, courier).run(stop))
            group.create_task(EventStoreChoreLeader(settings).run(stop))
            for number in range(settings.event_folders):
                group.create_task(EventFoldLeader(settings, number).run(stop))
            if settings.events_archive_url:
                group.create_task(ClickHouseArchiveLeader(settings).run(stop))


class Dispatcher(ChoreLeader):
    """The leader in the main database. Raises `SettingsInvalid`."""

    def __init__(self, settings: Settings, courier: WakeCourier) -> None:
        self._courier, self._wake_limiter = courier, PoolWakeLimiter()
        self._postgres_uptime = PostgresUptimeTracker(settings.lease_s)
        super().__init__(
            settings.database_url,
            name="dispatcher",
            lock=maintenance.DISPATCHER_LEADER_LOCK_ID,
            chores=build_dispatcher_chores(settings, courier, self._postgres_uptime),
            uptime=self._postgres_uptime,
        )

    async def run_leader_tick(self, conn: Conn) -> None:
        """Wake the worker pools that have due jobs, then run the dispatcher's due chores."""
        at, due = await maintenance.find_due_pools(conn)
        self._postgres_uptime.note_response(at)
        await send_pool_wakes(self._courier, self._wake_limiter.choose_pools_to_wake(due, self._clock()))
        await super().run_leader_tick(conn)

    async def lead(self, conn: Conn, stop: StopSoonOrNowRequest) -> None:
        with metrics.DISPATCHER_LEADER_GAUGE.track_inprogress(), clear_worker_pool_gauges_after_block():
            await super().lead(conn, stop)
