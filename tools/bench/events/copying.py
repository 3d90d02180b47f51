"""Raw COPY, the baseline for the cost of an event: the same rows into a table without an index."""

import time
from collections.abc import Sequence

from db.pool import Conn
from domain.events.event import Event
from schemas.errors import BenchmarkFailed
from tools.bench.events.cpu import server_cpu_s, server_of

TABLE = """
drop table if exists bare_event;
create table bare_event (like event including defaults)"""


async def cpu_us(conn: Conn, events: Sequence[Event], batch: int) -> float:
    """Return the microseconds of CPU for an event, of this process and Postgres, with commits of `batch`."""
    await conn.execute(TABLE)
    server = await server_of(conn)
    before_s = time.process_time() + server_cpu_s(server)
    for first in range(0, len(events), batch):
        records = events[first : first + batch]
        await conn.copy_records_to_table("bare_event", records=records, columns=Event._fields)
    took_s = time.process_time() + server_cpu_s(server) - before_s
    if (found := await conn.fetchval("select count(*) from bare_event")) != len(events):
        raise BenchmarkFailed(f"copied {len(events)} rows, found {found}")
    return took_s / len(events) * 1e6
