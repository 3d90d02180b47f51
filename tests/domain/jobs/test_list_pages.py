"""Pages of job lists against a sort and a filter in Python, over random jobs, while others are submitted."""

import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from db.pool import Conn
from domain.jobs import jobs
from domain.operations import operator_jobs
from domain.operations.operator_jobs import OperatorJobFilter
from domain.values.periods import UNBOUNDED_PERIOD, ListPeriod
from jobs.states import api_status_of_job_phase
from schemas import ids
from tests import seeds
from tests.jobs import scene

pytestmark = pytest.mark.fresh

JOBS, WALKS, PAGE = 250, 20, 7
NOW = datetime.now(UTC)
KINDS = ("draw", "mail", "never", "send")
PHASES = ("scheduled", "waiting", "queued", "running", "completed", "failed", "canceled")
CODES = ("LATE", "LOST")
PERIODS = (
    ListPeriod(since=NOW - timedelta(seconds=300)),
    ListPeriod(until=NOW - timedelta(seconds=90)),
    ListPeriod(NOW - timedelta(seconds=350), NOW - timedelta(seconds=20)),
)


class RandomJob(NamedTuple):
    """A job's row, by the columns that lists filter."""

    org: UUID
    project_id: UUID | None
    id: UUID
    kind: str
    pool: str
    internal: bool
    phase: str
    code: str | None
    at: datetime


INSERT = """
insert into job (organization_id, project_id, id, kind, pool, internal, state, stage, attempt, max_attempts, fence,
                 args, error, lease_owner, run_at, deadline_at, created_at, started_at, attempt_started_at,
                 attempt_deadline_at, finished_at)
select org, project, id, kind, pool, internal,
       case when phase in ('scheduled', 'waiting') then 'queued' else phase end,
       case phase when 'waiting' then 'scheduled' when 'running' then 'starting' else phase end, 1, 3, 1, '{}',
       case when code is not null then jsonb_build_object('code', code, 'message', 'm', 'retryable', true) end,
       case phase when 'running' then id end, at, at + interval '1 day', at,
       case when phase not in ('scheduled', 'queued') then at end, case phase when 'running' then at end,
       case phase when 'running' then at end, case when phase in ('completed', 'failed', 'canceled') then at end
  from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bool[], $7::text[], $8::text[],
              $9::timestamptz[]) as t (org, project, id, kind, pool, internal, phase, code, at)"""


def choose_job(choose: random.Random, projects: dict[UUID, list[UUID | None]], seconds_ago: float) -> RandomJob:
    org, phase, at = choose.choice([*projects]), choose.choice(PHASES), NOW - timedelta(seconds=seconds_ago)
    kind = choose.choice([kind for kind in KINDS if kind != "never"])
    job_id = UUID(int=ids.first_uuid7_at(at).int + choose.getrandbits(60))
    return RandomJob(
        org, choose.choice(projects[org]), job_id, kind, {"mail": "publish"}.get(kind, "ingest"),
        choose.random() < 0.2, phase, choose.choice(CODES) if phase == "failed" else None, at,
    )  # fmt: skip


async def insert(conn: Conn, rows: Sequence[RandomJob]) -> None:
    await conn.execute(INSERT, *[list(column) for column in zip(*rows, strict=True)])


def choose_filters(choose: random.Random, projects: Sequence[UUID | None]) -> dict[str, Any]:
    """Return some filters, each None in half of the cases or more."""
    values: dict[str, Sequence[Any]] = {
        "project_id": projects, "kind": KINDS, "status": ("running", "completed", "failed", "canceled"),
        "phase": PHASES, "error_code": (*CODES, "NEVER"), "period": PERIODS,
    }  # fmt: skip
    few = choose.sample([*values], choose.choice((0, 1, 1, 2, 2, 3)))
    return {name: choose.choice(values[name]) if name in few else None for name in values}


def matches(job: RandomJob, asked: dict[str, Any]) -> bool:
    period = asked["period"] or UNBOUNDED_PERIOD
    facts = {
        "project_id": job.project_id, "kind": job.kind, "status": api_status_of_job_phase(job.phase),
        "phase": job.phase, "error_code": job.code,
    }  # fmt: skip
    return (
        all(asked[name] in (None, fact) for name, fact in facts.items())
        and (period.since is None or job.at >= period.since)
        and (period.until is None or job.at < period.until)
    )


async def list_of_partner(conn: Conn, org: UUID, asked: dict[str, Any], before: UUID | None) -> list[str]:
    lists = {"kinds": "kind", "statuses": "status", "phases": "phase"}
    many: dict[str, Any] = {name: [asked[one]] if asked[one] else None for name, one in lists.items()}
    found = await jobs.list_filtered_jobs(
        conn, organization_id=org, project_id=asked["project_id"], stages=None, **many,
        error_code=asked["error_code"], period=asked["period"] or UNBOUNDED_PERIOD, before=before, limit=PAGE,
    )  # fmt: skip
    return [job.job_id for job in found]


async def list_of_operator(conn: Conn, org: UUID | None, asked: dict[str, Any], before: UUID | None) -> list[str]:
    chosen = {"organization_id": org, "pool": None} | asked | {"period": asked["period"] or UNBOUNDED_PERIOD}
    wanted = OperatorJobFilter(**chosen)
    return [
        job.job_id for job in await operator_jobs.list_operator_job_page(conn, wanted=wanted, before=before, limit=PAGE)
    ]


async def walk(
    read: Callable[[UUID | None], Awaitable[list[str]]], between: Callable[[], Awaitable[None]]
) -> list[UUID]:
    """Return the ids of all pages; call `between` after each page."""
    found, page = list[UUID](), list[str]()
    while page := await read(found[-1] if found else None):
        found += [UUID(job_id.removeprefix("job_")) for job_id in page]
        await between()
    return found


@pytest.mark.parametrize("plans", ["auto", "force_generic_plan"])
async def test_walk_sees_each_matching_job_once(conn: Conn, plans: str) -> None:
    """A walk sees each job of its start once, in order. It sees no newer jobs: their place is before its cursor."""
    choose = random.Random(27)
    made = await scene.tenants(conn, 3)
    projects: dict[UUID, list[UUID | None]] = {org: [None, await seeds.project(conn, org)] for org in made}
    known = [choose_job(choose, projects, seconds) for seconds in range(JOBS)]
    await insert(conn, known)
    await conn.execute(f"set plan_cache_mode = {plans}")

    async def submit_another() -> None:
        known.append(choose_job(choose, projects, -len(known)))
        await insert(conn, known[-1:])

    readers = [(made[0], True), (made[1], True), (made[2], False), (None, False)]
    for _, (org, is_partner) in product(range(WALKS), readers):
        own = [of for each in made if org in (None, each) for of in projects[each] if of]
        asked = choose_filters(choose, own)
        expected = [
            job.id
            for job in sorted(known, key=lambda job: job.id, reverse=True)
            if (org in (None, job.org) and not (is_partner and job.internal) and matches(job, asked))
        ]
        read = partial(list_of_partner if is_partner else list_of_operator, conn, org, asked)  # type: ignore[arg-type]
        assert await walk(read, submit_another) == expected, (org, is_partner, asked)
