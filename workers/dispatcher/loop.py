"""Dispatcher: looks for due jobs every 50 ms and runs the chores, on one connection.

Any number of dispatchers may run. An advisory lock lets one of them lead. The lock belongs to the leader's
session, and Postgres ends a session that is idle for `IDLE_S`: so a leader that was paused or cut off
gives way to the next one.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from db.pool import Conn, connect
from db.reach import PASSING, reaching
from domain.media.storage import open_store
from jobs import maintenance
from jobs.courier import Courier, open_courier
from schemas.settings import Settings
from telemetry import health, logs, metrics
from workers.dispatcher.chore import Agenda
from workers.dispatcher.count import COUNT
from workers.dispatcher.overdue import OVERDUE
from workers.dispatcher.promote import PROMOTE
from workers.dispatcher.refresh import REFRESH
from workers.dispatcher.rescue import rescue
from workers.dispatcher.retention import RETENTION, prune_audit, prune_media
from workers.dispatcher.uptime import Uptime
from workers.dispatcher.wake import WakeLimiter, wake
from workers.runtime.heartbeat import patience_s
from workers.runtime.reaching import FIRST_S, MOST_S
from workers.runtime.shutdown import Stop, first_of, stop_signals

TICK_S, STAND_BY_S = 0.05, 0.5

#: Seconds after which a statement without an answer fails, and after which Postgres ends an idle session.
COMMAND_TIMEOUT_S, IDLE_S = 10.0, 5
CLOSE_S = 1.0

_log = logs.get("dispatcher")


async def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; the tick under way is finished first."""
    with stop_signals() as stop:
        async with open_courier(settings.redis_url) as courier, health.serving(settings.health_port):
            await Dispatcher(settings, courier).run(stop)


class Dispatcher:
    """The loop and what it remembers over its connections. Raises `SettingsInvalid`."""

    def __init__(self, settings: Settings, courier: Courier) -> None:
        self._database_url, self._courier = settings.database_url, courier
        self._uptime, self._wait_s = Uptime(settings.lease_s), FIRST_S
        self._wake_limiter = WakeLimiter()
        store = open_store(settings)
        self._agenda = Agenda(
            [
                PROMOTE,
                rescue(self._uptime, patience_s=patience_s(settings.lease_s)),
                OVERDUE,
                REFRESH,
                COUNT,
                *RETENTION,
                prune_audit(settings.audit_days),
                prune_media(store),
            ]
        )
        self._clock = asyncio.get_running_loop().time

    async def run(self, stop: Stop) -> None:
        """Run until asked to stop, through any outage of Postgres or Redis."""
        while not stop.soon.is_set():
            try:
                async with session(self._database_url) as conn:
                    await self._serve_session(conn, stop)
            except PASSING as error:
                self._uptime.failed()
                _log.warning("Postgres failed, trying again soon", error=repr(error.__cause__ or error))
                await first_of(stop.soon, within_s=self._wait_s)
                self._wait_s = min(MOST_S, self._wait_s * 2)
        _log.info("ended")

    async def _serve_session(self, conn: Conn, stop: Stop) -> None:
        while not await self._leads(conn):
            await first_of(stop.soon, within_s=STAND_BY_S)
            if stop.soon.is_set():
                return
        _log.info("leading")
        with metrics.DISPATCHER_LEADS.track_inprogress():
            while not stop.soon.is_set():
                await self._tick(conn)
                self._wait_s = FIRST_S
                await first_of(stop.soon, within_s=TICK_S)

    async def _leads(self, conn: Conn) -> bool:
        leads, at = await maintenance.try_to_lead(conn)
        self._uptime.answered(at)
        return leads

    async def _tick(self, conn: Conn) -> None:
        at, due = await maintenance.look(conn)
        self._uptime.answered(at)
        await wake(self._courier, self._wake_limiter.choose(due, self._clock()))
        for chore in self._agenda.due(self._clock()):
            with metrics.CHORE.labels(chore.name).time():
                moved = await chore.run(conn)
            metrics.CHORE_ROWS.labels(chore.name).inc(moved)
            self._agenda.done(chore, moved, self._clock())


@asynccontextmanager
async def session(database_url: str) -> AsyncIterator[Conn]:
    """A connection that Postgres ends once it is idle for `IDLE_S`. Raises `Unavailable`."""
    with reaching():
        conn = await connect(database_url, name="dispatcher", command_timeout=COMMAND_TIMEOUT_S)
        try:
            await conn.execute(f"set idle_session_timeout = '{IDLE_S}s'")
            await conn.execute(f"set idle_in_transaction_session_timeout = '{IDLE_S}s'")
            yield conn
        finally:
            await conn.close(timeout=CLOSE_S)
