"""The dispatcher: looks for due work every 50 ms and runs the chores, on one connection.

Any number of dispatchers is correct. An advisory lock lets one of them work; it belongs to that one's
session, which the server ends when nothing comes from it for a while, so that a dispatcher that is
stopped or cut off makes room for the next one too.
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
from telemetry import logs, metrics
from workers.dispatcher.chore import Agenda
from workers.dispatcher.contact import Contact
from workers.dispatcher.overdue import OVERDUE
from workers.dispatcher.promote import RIPEN
from workers.dispatcher.refresh import REFRESH
from workers.dispatcher.rescue import rescue
from workers.dispatcher.retention import RETENTION, retain_media
from workers.dispatcher.wake import Gate, ring
from workers.runtime import health
from workers.runtime.worker import Stop, first_of, stop_signals

TICK_S, STAND_BY_S = 0.05, 0.5

#: What a silent Postgres may cost a statement, and a silent dispatcher its session. In seconds.
COMMAND_TIMEOUT_S, IDLE_S = 10.0, 5
CLOSE_S = 1.0

#: Wait before the first new try to reach Postgres, and at most.
FIRST_S, MOST_S = 0.1, 2.0

_log = logs.get("dispatcher")


async def serve(settings: Settings) -> None:
    """Until SIGTERM or SIGINT; what is under way is finished first."""
    with stop_signals() as stop:
        async with open_courier(settings.redis_url) as courier, health.serving(settings.health_port):
            await Dispatcher(settings, courier).run(stop)


class Dispatcher:
    """`contact` outlives the connection: a gap in it is what counts. Raises `SettingsInvalid`."""

    def __init__(self, settings: Settings, courier: Courier) -> None:
        self._database_url, self._courier = settings.database_url, courier
        self._contact = Contact(settings.lease_s)
        self._gate = Gate()
        store = open_store(settings)
        self._agenda = Agenda(
            [RIPEN, rescue(self._contact), OVERDUE, REFRESH, *RETENTION, retain_media(store)]
        )
        self._clock = asyncio.get_running_loop().time

    async def run(self, stop: Stop) -> None:
        """Through any outage of Postgres or Redis."""
        wait_s = FIRST_S
        while not stop.soon.is_set():
            try:
                async with session(self._database_url) as conn:
                    wait_s = FIRST_S
                    await self._serve_session(conn, stop)
            except PASSING as error:
                _log.warning("Postgres failed, trying again soon", error=repr(error.__cause__ or error))
                await first_of(stop.soon, within_s=wait_s)
                wait_s = min(MOST_S, wait_s * 2)
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
                await first_of(stop.soon, within_s=TICK_S)

    async def _leads(self, conn: Conn) -> bool:
        leads, at = await maintenance.try_to_lead(conn)
        self._contact.reached(at)
        return leads

    async def _tick(self, conn: Conn) -> None:
        at, due = await maintenance.look(conn)
        self._contact.reached(at)
        await ring(self._courier, self._gate.choose(due, self._clock()))
        for chore in self._agenda.due(self._clock()):
            with metrics.CHORE.labels(chore.name).time():
                moved = await chore.run(conn)
            metrics.CHORE_ROWS.labels(chore.name).inc(moved)
            self._agenda.done(chore, moved, self._clock())


@asynccontextmanager
async def session(database_url: str) -> AsyncIterator[Conn]:
    """A connection that the server ends when it is left idle. Raises `Unavailable`."""
    with reaching():
        conn = await connect(database_url, name="dispatcher", command_timeout=COMMAND_TIMEOUT_S)
        try:
            await conn.execute(f"set idle_session_timeout = '{IDLE_S}s'")
            await conn.execute(f"set idle_in_transaction_session_timeout = '{IDLE_S}s'")
            yield conn
        finally:
            await conn.close(timeout=CLOSE_S)
