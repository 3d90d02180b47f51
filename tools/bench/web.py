"""Requests a second of the API, compared with a bare Litestar app that gets identical requests."""

from typing import Any, NamedTuple

import msgspec

from chaos import backlog, fleet
from chaos.environment import BenchServersAndSettings
from schemas.errors import BenchmarkFailed
from tools.bench import tenants
from tools.bench.figures import (
    BenchmarkResult,
    BenchmarkRunSize,
    ProgressCallback,
    compute_median_ratio,
    compute_percentiles,
)
from tools.bench.http_load import BenchLoad, LoadResponses, run_load_plan

#: Closed-loop callers.
BENCH_CALLERS = 16
#: Connections of each server to Postgres.
SERVER_POOL_SIZE = 10

#: Uncounted seconds: statements get prepared, rate limit buckets created, caches filled.
HTTP_WARM_UP_S = 1.0

#: Polled jobs of each partner.
POLLED_JOBS_A_TENANT = 25

#: The bare route's table: jobs by id only.
CREATE_BARE_JOB_TABLE = """
create table bare_job as select * from partner_job;
alter table bare_job add primary key (id);
analyze bare_job"""

COUNT_PROJECTS_AND_IDEMPOTENCY_KEYS = (
    "select (select count(*) from project) as projects, (select count(*) from idempotency_key) as records"
)


class MeasuredWebServer(NamedTuple):
    """One server and its responses."""

    port: int
    creates: list[LoadResponses]
    polls: list[LoadResponses]


async def measure_http_request_rates(
    environment: BenchServersAndSettings, size: BenchmarkRunSize, tell: ProgressCallback
) -> BenchmarkResult:
    """Compare the API's requests a second with a bare app's; return the ratios for creating projects and polling jobs.

    The keys are many partners' of the highest tier, so that no rate limit is reached. Raise `BenchmarkFailed`.
    """
    keys, jobs = await _create_tenants_with_jobs_to_poll(environment, size.http_tenants)
    creates = BenchLoad(seconds=size.http_s, connections=BENCH_CALLERS, creating_keys=keys)
    polls = BenchLoad(seconds=size.http_s, connections=BENCH_CALLERS, jobs=jobs)
    warm_up = msgspec.structs.replace(creates, seconds=min(HTTP_WARM_UP_S, size.http_s))
    pool_size = str(SERVER_POOL_SIZE)
    async with (
        fleet.run_bench_api(environment, "tools.bench.peers.bare:create_app", POOL_SIZE=pool_size) as (_, bare),
        fleet.run_bench_api(environment, POOL_SIZE=pool_size) as (_, port),
    ):
        sides = [MeasuredWebServer(bare, [], []), MeasuredWebServer(port, [], [])]
        tell("warming up")
        warm = [(await _run_bench_creates_and_polls(environment, side, warm_up, polls))[0] for side in sides]
        for number in range(1, size.rounds + 1):
            tell(f"round {number} of {size.rounds}")
            for side in sides:
                created, polled = await _run_bench_creates_and_polls(environment, side, creates, polls)
                side.creates.append(created)
                side.polls.append(polled)
    await _check_bench_projects(environment, warm, sides)
    return _build_bench_result(*sides)


async def _create_tenants_with_jobs_to_poll(
    environment: BenchServersAndSettings, count: int
) -> tuple[list[str], list[tuple[str, str]]]:
    """Create tenants with jobs, copied for the bare app; return keys, and pairs of a key and a job id it may read."""
    await backlog.reset_bench_database_with_tenants(environment.pool, tenants=0)
    keys, jobs = [], []
    for _ in range(count):
        tenant = await tenants.create_bench_tenant(environment, projects=0)
        keys += tenant.keys
        own = await tenants.submit_waiting_jobs(environment, tenant, POLLED_JOBS_A_TENANT)
        jobs += [(tenant.keys[0], job) for job in own]
    await environment.pool.execute("drop table if exists bare_job")
    await environment.pool.execute(CREATE_BARE_JOB_TABLE)
    return keys, jobs


async def _run_bench_creates_and_polls(
    environment: BenchServersAndSettings, side: MeasuredWebServer, creates: BenchLoad, polls: BenchLoad
) -> tuple[LoadResponses, LoadResponses]:
    """Run a load that creates projects, then one that polls jobs, against a server; return both responses."""
    first, second = (msgspec.structs.replace(plan, port=side.port) for plan in (creates, polls))
    return await run_load_plan(environment, first), await run_load_plan(environment, second)


async def _check_bench_projects(
    environment: BenchServersAndSettings, warm: list[LoadResponses], sides: list[MeasuredWebServer]
) -> None:
    """Compare stored projects and our idempotency records with the confirmed creates. Raise `BenchmarkFailed`."""
    confirmed = [
        first.response_count + sum(answers.response_count for answers in side.creates)
        for first, side in zip(warm, sides, strict=True)
    ]
    stored = tuple(await environment.pool.fetchrow(COUNT_PROJECTS_AND_IDEMPOTENCY_KEYS) or ())
    if stored != (sum(confirmed), confirmed[1]):
        raise BenchmarkFailed(f"answered {confirmed} creates, found projects and idempotency records {stored}")


def _build_bench_result(bare: MeasuredWebServer, ours: MeasuredWebServer) -> BenchmarkResult:
    figures = {
        "create_x": compute_median_ratio(_requests_per_s(ours.creates), _requests_per_s(bare.creates)),
        "poll_x": compute_median_ratio(_requests_per_s(ours.polls), _requests_per_s(bare.polls)),
    }
    return BenchmarkResult(
        figures,
        {"http": {"bare": _summarize_request_rates_of_server(bare), "ours": _summarize_request_rates_of_server(ours)}},
    )


def _requests_per_s(answers: list[LoadResponses]) -> list[float]:
    return [round(run.per_s, 1) for run in answers]


def _summarize_request_rates_of_server(side: MeasuredWebServer) -> dict[str, Any]:
    return {
        name: {
            "requests_s": _requests_per_s(answers),
            "ms": compute_percentiles([took_ms for run in answers for took_ms in run.latencies_ms]),
        }
        for name, answers in (("create", side.creates), ("poll", side.polls))
    }
