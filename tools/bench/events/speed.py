"""Events a second and their CPU by batch size, compared with the bare route and a raw COPY, in turn."""

import time
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple
from uuid import UUID

from chaos.environment import BenchServersAndSettings
from chaos.processes import read_child_cpu_s
from db.pool import Conn
from domain.events.event import NewEventRow
from domain.events.intake import MAX_HELD_INTAKE_EVENTS
from schemas.errors import BenchmarkFailed
from tools.bench.cpu import find_postgres_pid, read_postgres_cpu_s
from tools.bench.events import generated
from tools.bench.events.serving import BenchEventServer, check_stored_events, run_event_load_plan, run_event_servers
from tools.bench.figures import BenchmarkResult, BenchmarkRunSize, ProgressCallback, compute_median_ratio
from tools.bench.http_load import BenchLoad

#: Table of the raw COPY, the baseline of an event's cost: the same rows without an index.
CREATE_BARE_EVENT_TABLE = """
drop table if exists bare_event;
create table bare_event (like event including defaults)"""

#: Closed-loop connections: enough that each commit groups several requests, few enough that all their events
#: fit into the buffer.
EVENT_SPEED_CALLER_COUNT, MAX_EVENTS_IN_FLIGHT = 200, MAX_HELD_INTAKE_EVENTS // 2

#: The batch sizes of the two judged figures.
LARGE_EVENT_BATCH_SIZE, SMALL_EVENT_BATCH_SIZE = 500, 1


class EventRateAndCpuRun(NamedTuple):
    """Events a second, and microseconds of CPU for an event: of the serving process, and of Postgres."""

    per_s: float
    serving_us: float
    postgres_us: float

    @property
    def cpu_us(self) -> float:
        return self.serving_us + self.postgres_us


async def measure_event_speed(
    environment: BenchServersAndSettings, size: BenchmarkRunSize, tell: ProgressCallback
) -> BenchmarkResult:
    """Measure the rate and CPU of events by batch size, against a bare route and a raw COPY.

    Return an event's CPU relative to the COPY's, and single events' rate to the route's. Raise `BenchmarkFailed`.
    """
    requests, rounds = size.event_requests, size.rounds
    ours: dict[int, list[EventRateAndCpuRun]] = {batch: [] for batch in requests}
    bare: dict[int, list[EventRateAndCpuRun]] = {batch: [] for batch in requests}
    copied: list[float] = []
    async with run_event_servers(environment) as (server, peer):
        for number in range(rounds + 1):
            tell(f"round {number} of {rounds}" if number else "warming up")
            for batch, count in requests.items():
                runs = [
                    await _send_events_and_measure_rate_and_cpu(environment, side, batch, count)
                    for side in (peer, server)
                ]
                if number:
                    bare[batch].append(runs[0])
                    ours[batch].append(runs[1])
            if number:
                copied.append(
                    await _measure_copy_cpu_us_of_generated_events(
                        environment, requests[LARGE_EVENT_BATCH_SIZE] * LARGE_EVENT_BATCH_SIZE
                    )
                )
    sent = (rounds + 1) * sum(batch * count for batch, count in requests.items())
    await check_stored_events(environment, sent)
    figures = {
        "events_cpu_x": compute_median_ratio([run.cpu_us for run in ours[LARGE_EVENT_BATCH_SIZE]], copied),
        "events_single_x": compute_median_ratio(
            [run.per_s for run in ours[SMALL_EVENT_BATCH_SIZE]], [run.per_s for run in bare[SMALL_EVENT_BATCH_SIZE]]
        ),
    }
    details = {
        f"batches_of_{batch}": {"ours": _summarize_speed_runs(ours[batch]), "bare": _summarize_speed_runs(bare[batch])}
        for batch in requests
    }
    return BenchmarkResult(figures, {**details, "raw_copy_us": round(median(copied), 2)})


async def _send_events_and_measure_rate_and_cpu(
    environment: BenchServersAndSettings, server: BenchEventServer, batch: int, requests: int
) -> EventRateAndCpuRun:
    callers = min(EVENT_SPEED_CALLER_COUNT, MAX_EVENTS_IN_FLIGHT // batch)
    plan = BenchLoad(requests=requests, batch=batch, connections=callers)
    async with environment.pool.acquire() as conn:
        postgres = await find_postgres_pid(conn)
    before_s = read_child_cpu_s(server.child), read_postgres_cpu_s(postgres)
    answers = await run_event_load_plan(environment, server, plan)
    after_s = read_child_cpu_s(server.child), read_postgres_cpu_s(postgres)
    used = [(after - before) / answers.accepted * 1e6 for before, after in zip(before_s, after_s, strict=True)]
    return EventRateAndCpuRun(answers.accepted / answers.seconds, *used)


async def _measure_copy_cpu_us_of_generated_events(environment: BenchServersAndSettings, count: int) -> float:
    events = generated.generate_event_rows_to_store(count, [UUID(int=1)])
    async with environment.pool.acquire() as conn:
        return await _measure_postgres_copy_cpu_us_per_event(conn, events, LARGE_EVENT_BATCH_SIZE)


def _summarize_speed_runs(runs: list[EventRateAndCpuRun]) -> dict[str, float]:
    return {
        "events_s": round(median(run.per_s for run in runs)),
        "serving_us": round(median(run.serving_us for run in runs), 1),
        "postgres_us": round(median(run.postgres_us for run in runs), 1),
    }


async def _measure_postgres_copy_cpu_us_per_event(conn: Conn, events: Sequence[NewEventRow], batch: int) -> float:
    """COPY events in commits of `batch`; return an event's CPU us, ours and Postgres's. Raise `BenchmarkFailed`."""
    await conn.execute(CREATE_BARE_EVENT_TABLE)
    server = await find_postgres_pid(conn)
    before_s = time.process_time() + read_postgres_cpu_s(server)
    for first in range(0, len(events), batch):
        records = events[first : first + batch]
        await conn.copy_records_to_table("bare_event", records=records, columns=NewEventRow._fields)
    took_s = time.process_time() + read_postgres_cpu_s(server) - before_s
    if (found := await conn.fetchval("select count(*) from bare_event")) != len(events):
        raise BenchmarkFailed(f"copied {len(events)} rows, found {found}")
    return took_s / len(events) * 1e6
