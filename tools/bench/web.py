"""Requests a second of the API, compared with a bare Litestar app that gets identical requests."""

from typing import Any, NamedTuple

import msgspec

from chaos import backlog, fleet
from chaos.environment import Environment
from schemas.errors import BenchmarkFailed
from tools.bench import tenants
from tools.bench.figures import (
    BenchmarkResult,
    ProgressCallback,
    RunSize,
    compute_median_ratio,
    compute_percentiles,
)
from tools.bench.http_load import Answers, LoadPlan, run_plan

#: Closed-loop callers.
CALLERS = 16
#: Connections of each server to Postgres.
POOL_SIZE = 10

#: Uncounted seconds: statements get prepared, rate limit buckets created, caches filled.
WARM_S = 1.0

#: Polled jobs of each partner.
JOBS = 25

#: The bare route's table: jobs by id only.
BARE_JOB = """
create table bare_job as select * from partner_job;
alter table bare_job add primary key (id);
analyze bare_job"""

COUNT_STORED = (
    "select (select count(*) from project) as projects, (select count(*) from idempotency_key) as records"
)


class WebServer(NamedTuple):
    """One server and its responses."""

    port: int
    creates: list[Answers]
    polls: list[Answers]


async def measure_http(environment: Environment, size: RunSize, tell: ProgressCallback) -> BenchmarkResult:
    """Measure with keys of many partners of the highest tier, so that rate limits are checked and never
    reached.
    """
    keys, jobs = await _callers(environment, size.http_tenants)
    creates = LoadPlan(seconds=size.http_s, connections=CALLERS, creating_keys=keys)
    polls = LoadPlan(seconds=size.http_s, connections=CALLERS, jobs=jobs)
    warm_up = msgspec.structs.replace(creates, seconds=min(WARM_S, size.http_s))
    pool_size = str(POOL_SIZE)
    async with (
        fleet.run_api(environment, "tools.bench.peers.bare:create_app", POOL_SIZE=pool_size) as (_, bare),
        fleet.run_api(environment, POOL_SIZE=pool_size) as (_, port),
    ):
        sides = [WebServer(bare, [], []), WebServer(port, [], [])]
        tell("warming up")
        warm = [(await _run_plans(environment, side, warm_up, polls))[0] for side in sides]
        for number in range(1, size.rounds + 1):
            tell(f"round {number} of {size.rounds}")
            for side in sides:
                created, polled = await _run_plans(environment, side, creates, polls)
                side.creates.append(created)
                side.polls.append(polled)
    await _check(environment, warm, sides)
    return _result(*sides)


async def _callers(environment: Environment, count: int) -> tuple[list[str], list[tuple[str, str]]]:
    """Create tenants; return their keys, and pairs of a key and the id of a job that it may read."""
    await backlog.reset_bench_database(environment.pool, tenants=0)
    keys, jobs = [], []
    for _ in range(count):
        tenant = await tenants.create(environment, projects=0)
        keys += tenant.keys
        own = await tenants.submit_waiting_jobs(environment, tenant, JOBS)
        jobs += [(tenant.keys[0], job) for job in own]
    await environment.pool.execute("drop table if exists bare_job")
    await environment.pool.execute(BARE_JOB)
    return keys, jobs


async def _run_plans(
    environment: Environment, side: WebServer, creates: LoadPlan, polls: LoadPlan
) -> tuple[Answers, Answers]:
    """Run creates, then polls."""
    first, second = (msgspec.structs.replace(plan, port=side.port) for plan in (creates, polls))
    return await run_plan(environment, first), await run_plan(environment, second)


async def _check(environment: Environment, warm: list[Answers], sides: list[WebServer]) -> None:
    """Check that every confirmed create is stored once, and ours each with its idempotency record."""
    confirmed = [
        first.count + sum(answers.count for answers in side.creates)
        for first, side in zip(warm, sides, strict=True)
    ]
    stored = tuple(await environment.pool.fetchrow(COUNT_STORED) or ())
    if stored != (sum(confirmed), confirmed[1]):
        raise BenchmarkFailed(
            f"answered {confirmed} creates, found projects and idempotency records {stored}"
        )


def _result(bare: WebServer, ours: WebServer) -> BenchmarkResult:
    figures = {
        "create_x": compute_median_ratio(_rates(ours.creates), _rates(bare.creates)),
        "poll_x": compute_median_ratio(_rates(ours.polls), _rates(bare.polls)),
    }
    return BenchmarkResult(figures, {"http": {"bare": _details(bare), "ours": _details(ours)}})


def _rates(answers: list[Answers]) -> list[float]:
    return [round(run.per_s, 1) for run in answers]


def _details(side: WebServer) -> dict[str, Any]:
    return {
        name: {
            "requests_s": _rates(answers),
            "ms": compute_percentiles([took_ms for run in answers for took_ms in run.latencies_ms]),
        }
        for name, answers in (("create", side.creates), ("poll", side.polls))
    }
