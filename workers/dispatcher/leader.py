"""Leader: a loop that runs chores on one connection, in one of many processes at a time.

An advisory lock elects it. The lock belongs to the leader's session, and Postgres ends a session that is idle
for `MAX_LEADER_SESSION_IDLE_S`. So a leader that was paused or cut off loses the lock to another process.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import NamedTuple

from db.pool import Conn, open_postgres_connection
from db.reach import (
    FIRST_POSTGRES_RETRY_WAIT_S,
    MAX_POSTGRES_RETRY_WAIT_S,
    TRANSIENT_POSTGRES_ERRORS,
    convert_postgres_away_errors,
)
from jobs import maintenance
from jobs.maintenance import MAX_MAINTENANCE_ROWS
from telemetry import logs, metrics
from workers.dispatcher.uptime import PostgresUptimeTracker
from workers.runtime.shutdown import StopSoonOrNowRequest, wait_for_asyncio_event


class Chore(NamedTuple):
    """A name, seconds between two runs, and `run`, which returns the number of rows that it moved.

    A full batch means that there may be more.
    """

    name: str
    every_s: float
    run: Callable[[Conn], Awaitable[int]]
    batch: int = MAX_MAINTENANCE_ROWS


#: Seconds between two ticks of the leader.
LEADER_TICK_S = 0.05
#: Seconds between two attempts to lead.
LEADERSHIP_RETRY_S = 0.5

#: Seconds until a statement without a response fails.
LEADER_STATEMENT_TIMEOUT_S = 10.0
#: Seconds until Postgres ends an idle session.
MAX_LEADER_SESSION_IDLE_S = 5
LEADER_CONNECTION_CLOSE_TIMEOUT_S = 1.0


class ChoreLeader:
    """The loop, and its state across connections; `name` is the name of its sessions and log lines.

    `uptime`, if given, notes each response and each failure of Postgres.
    """

    def __init__(
        self,
        database_url: str,
        *,
        name: str,
        lock: int,
        chores: Iterable[Chore],
        uptime: PostgresUptimeTracker | None = None,
    ) -> None:
        self._database_url, self._name, self._lock, self._uptime = database_url, name, lock, uptime
        self._wait_s = FIRST_POSTGRES_RETRY_WAIT_S
        self._clock = asyncio.get_running_loop().time
        # The next due time of each chore by the clock. At first all are due.
        self._due_at = dict.fromkeys(chores, float("-inf"))
        self._log = logs.get_logger(name)

    async def run(self, stop: StopSoonOrNowRequest) -> None:
        """Wait to become the leader, then run the chores until a stop is requested.

        Continue through any outage of Postgres or Redis: after a failure, connect again and wait for the lead.
        """
        while not stop.soon.is_set():
            try:
                async with open_leader_session(self._database_url, self._name) as conn:
                    await self._lead_once_elected(conn, stop)
            except TRANSIENT_POSTGRES_ERRORS as error:
                if self._uptime:
                    self._uptime.reset_uptime()
                self._log.warning("Postgres failed, retrying soon", error=repr(error.__cause__ or error))
                await wait_for_asyncio_event(stop.soon, within_s=self._wait_s)
                self._wait_s = min(MAX_POSTGRES_RETRY_WAIT_S, self._wait_s * 2)
        self._log.info("ended")

    async def run_leader_tick(self, conn: Conn) -> None:
        """Run each due chore once on the connection, and set its next due time.

        A chore is due at once after a full batch, else `every_s` seconds later.
        """
        now = self._clock()
        due = [chore for chore, at in self._due_at.items() if at <= now]
        for chore in due:
            with metrics.CHORE_BATCH_SECONDS_HISTOGRAM.labels(chore.name).time():
                moved = await chore.run(conn)
            metrics.CHORE_ROW_COUNTER.labels(chore.name).inc(moved)
            self._due_at[chore] = self._clock() + (0.0 if moved >= chore.batch else chore.every_s)

    async def lead(self, conn: Conn, stop: StopSoonOrNowRequest) -> None:
        """Run the leader's due chores every `LEADER_TICK_S` on this connection, until a stop is requested."""
        self._log.info("leading")
        while not stop.soon.is_set():
            await self.run_leader_tick(conn)
            self._wait_s = FIRST_POSTGRES_RETRY_WAIT_S
            await wait_for_asyncio_event(stop.soon, within_s=LEADER_TICK_S)

    async def _lead_once_elected(self, conn: Conn, stop: StopSoonOrNowRequest) -> None:
        while not await self._try_to_lead(conn):
            await wait_for_asyncio_event(stop.soon, within_s=LEADERSHIP_RETRY_S)
            if stop.soon.is_set():
                return
        await self.lead(conn, stop)

    async def _try_to_lead(self, conn: Conn) -> bool:
        leads, at = await maintenance.try_to_lead_dispatchers(conn, self._lock)
        if self._uptime:
            self._uptime.note_response(at)
        return leads


@asynccontextmanager
async def open_leader_session(database_url: str, name: str) -> AsyncIterator[Conn]:
    """Open a leader's connection; close it after the block. Raise `ServiceUnavailable` if Postgres is or goes away.

    Postgres ends it once it is idle for `MAX_LEADER_SESSION_IDLE_S`.
    """
    with convert_postgres_away_errors():
        conn = await open_postgres_connection(database_url, name=name, command_timeout=LEADER_STATEMENT_TIMEOUT_S)
        try:
            await conn.execute(f"set idle_session_timeout = '{MAX_LEADER_SESSION_IDLE_S}s'")
            await conn.execute(f"set idle_in_transaction_session_timeout = '{MAX_LEADER_SESSION_IDLE_S}s'")
            yield conn
        finally:
            await conn.close(timeout=LEADER_CONNECTION_CLOSE_TIMEOUT_S)
