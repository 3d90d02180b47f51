"""Growth of a store: CPU of an event commit with few and with many stored ids, in turn."""

import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from statistics import median
from typing import NamedTuple
from uuid import UUID

from bench.environment import Environment, scratch
from bench.events import generated
from bench.events.cpu import backend_cpu_s, server_of
from bench.figures import ProgressCallback, Result, ratio, spread
from db.pool import Conn, connected
from domain.events import group_commit
from domain.events.event import Event
from schemas.errors import BenchmarkFailed

PROJECTS = 40

#: Events of one commit: the intake's maximum.
AT_ONCE = 4_000

#: Ids of one statement, and the days over which all ids are spread.
CHUNK, DAYS = 500_000, 14

#: Uncounted commits: they prepare plans and load the ends of the index into memory.
WARM = 5

#: UUIDv7s in order of arrival, of all projects in turn.
FILL = """
insert into event_seen (generation, project_id, app_no, event_key)
select 0, ($4::uuid[])[1 + n % cardinality($4::uuid[])], 1,
       (lpad(to_hex(ms), 12, '0') || '7' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid
  from (select n, md5(n::text) as hash,
               (extract(epoch from now()) * 1000)::bigint - ($3 - n) * $5 / $3 as ms
          from generate_series($1::bigint, $2::bigint) n) made"""

STORED = "select (select count(*) from event) as events, (select count(*) from event_seen) as ids"


class Side(NamedTuple):
    """One store with `ids` stored ids, and the measurements of its commits."""

    conn: Conn
    backend: int
    ids: int
    cpu_us: list[float]
    took_ms: list[float]


async def measure(
    environment: Environment, sizes: Sequence[int], rounds: int, tell: ProgressCallback
) -> Result:
    """Measure the CPU of the connection's process for an event. Raises `BenchmarkFailed`."""
    projects = [UUID(int=number) for number in range(PROJECTS)]
    async with contextlib.AsyncExitStack() as stack:
        sides = [await stack.enter_async_context(_side(environment, ids)) for ids in sizes]
        for side in sides:
            await _fill(side, projects, tell)
        for number in range(WARM + rounds):
            tell(f"commit {number + 1} of {WARM + rounds} with {', '.join(map(str, sizes))} ids")
            for side in sides:
                cpu_us, took_ms = await _commit(side, generated.events(AT_ONCE, projects))
                if number >= WARM:
                    side.cpu_us.append(cpu_us)
                    side.took_ms.append(took_ms)
        for side in sides:
            await _check(side, WARM + rounds)
    few, many = sides
    return Result(
        {"events_growth_x": ratio(many.cpu_us, few.cpu_us)},
        {
            f"commit_beside_{side.ids}_ids": {
                "cpu_us_an_event": round(median(side.cpu_us), 2), "ms": spread(side.took_ms)
            }
            for side in sides
        },
    )  # fmt: skip


@contextlib.asynccontextmanager
async def _side(environment: Environment, ids: int) -> AsyncIterator[Side]:
    async with scratch(environment.settings.database_url) as url, connected(url, name="bench") as conn:
        await server_of(conn)
        yield Side(conn, await conn.fetchval("select pg_backend_pid()"), ids, [], [])


async def _fill(side: Side, projects: Sequence[UUID], tell: ProgressCallback) -> None:
    for first in range(1, side.ids + 1, CHUNK):
        tell(f"{first - 1} of {side.ids} ids are stored")
        last = min(first + CHUNK - 1, side.ids)
        await side.conn.execute(FILL, first, last, side.ids, projects, DAYS * 86_400_000)
    await side.conn.execute("vacuum (analyze) event_seen")
    await side.conn.execute("checkpoint")


async def _commit(side: Side, events: Sequence[Event]) -> tuple[float, float]:
    """Return microseconds of CPU for an event, and milliseconds until the commit. All events must be new."""
    began_s, start = backend_cpu_s(side.backend), time.perf_counter()
    async with side.conn.transaction():
        fresh = await group_commit.keep(side.conn, events)
    took_ms = (time.perf_counter() - start) * 1000
    if len(fresh) != len(events):
        raise BenchmarkFailed(f"{len(fresh)} of {len(events)} events were new")
    return (backend_cpu_s(side.backend) - began_s) / len(events) * 1e6, took_ms


async def _check(side: Side, commits: int) -> None:
    """Check that every event of every commit is stored once, and that no other id changed."""
    row = tuple(await side.conn.fetchrow(STORED) or ())
    events = commits * AT_ONCE
    if row != (events, side.ids + events):
        raise BenchmarkFailed(f"committed {events} events with {side.ids} stored ids, found {row}")
