"""Grouped submits: each job as if submitted alone, despite failures of the others or of the statement."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import pytest

from chaos.proxy import FaultProxy, ServerAddress, open_fault_proxy
from db.pool import Conn, Pool, open_postgres_pool
from jobs import ledger
from jobs.kinds import JobKindSpec
from jobs.ledger import MAX_JOBS_PER_GROUPED_SUBMIT, NewJob, SubmittedJob
from schemas import ids
from schemas.errors import LimitReached
from telemetry import log_context
from tests import seeds
from tests.jobs import scene
from tests.jobs.scene import INTERNAL_JOB, TEST_JOB, UNCAPPED_JOB
from tests.statements import counted
from tests.waiting import eventually
from tools.bench.grouped_submits import GroupedJobSubmitter

#: The cap on waiting jobs, in tests that reach it.
CAP = 4

#: Seconds until a pool drops a silent connection.
SILENCE_TIMEOUT_S = 3.0

#: Whole rows, without the time of the run.
ROWS = """
select to_jsonb(j) - '{created_at,run_at,deadline_at}'::text[] as row,
       case when j.run_at = now() then 'now' else j.run_at::text end as run_at, j.deadline_at - j.run_at as lives
  from job j order by j.id"""


def new_job(org: UUID, kind: JobKindSpec = TEST_JOB, **fields: Any) -> NewJob:
    return NewJob(log_context.new_job_id(), kind, org, **{"project_id": None, "args": {}} | fields)


async def submit_each(conn: Conn, jobs: Sequence[NewJob]) -> list[Any]:
    """Submit each job by `ledger.submit_job`; return the results, None for a refused job."""
    submitted: list[SubmittedJob | None] = []
    for job in jobs:
        try:
            submitted.append(await ledger.submit_job(conn, **job._asdict()))
        except LimitReached:
            submitted.append(None)
    return submitted


async def submit_grouped(conn: Conn, jobs: Sequence[NewJob]) -> list[Any]:
    """Submit the jobs in one statement, then alone those without a row, as the submitter does."""
    submitted = await ledger.submit_jobs_of_tenants(conn, jobs)
    return [one or (await submit_each(conn, [job]))[0] for one, job in zip(submitted, jobs, strict=True)]


def draw_jobs(dice: random.Random, orgs: Sequence[UUID], now: datetime) -> list[NewJob]:
    """Draw jobs of these tenants with different keys; some are keys of open jobs."""
    times = [None, None, None, now - timedelta(hours=1), now, now + timedelta(hours=1)]
    return [
        new_job(
            dice.choice(orgs),
            dice.choice([TEST_JOB, TEST_JOB, UNCAPPED_JOB, INTERNAL_JOB]),
            args={"place": place},
            run_at=dice.choice(times),
            unique_key=dice.choice([None, f"key {place}"]),
            retry_of=dice.choice([None, orgs[0]]),
        )
        for place in range(dice.randint(1, 12))
    ]


@pytest.mark.parametrize("seed", range(25))
async def test_a_grouped_submit_equals_single_ones(conn: Conn, seed: int) -> None:
    """Results and rows, with queues that are empty, busy, full, or nearly full."""
    dice, orgs = random.Random(seed), await scene.tenants(conn, 3)
    await conn.execute("update pool_cap set max_queued = $1", CAP)
    for org in orgs:
        await scene.insert_due_jobs(conn, [org], dice.randint(0, CAP), dice.choice([TEST_JOB, INTERNAL_JOB]))
    for place in range(0, 12, 3):
        held = await scene.submit(conn, dice.choice(orgs), UNCAPPED_JOB, unique_key=f"key {place}")
    jobs, seen = draw_jobs(dice, orgs, await conn.fetchval("select now()")), []
    for submit in (submit_each, submit_grouped):
        transaction = conn.transaction()
        await transaction.start()
        results = [one and one._replace(created_at=held.created_at) for one in await submit(conn, jobs)]
        seen.append((results, [tuple(row) for row in await conn.fetch(ROWS)]))
        await transaction.rollback()
    assert seen[0] == seen[1]


async def test_concurrent_jobs_of_many_tenants_share_statements(conn: Conn, pool: Pool) -> None:
    orgs = await scene.tenants(conn, MAX_JOBS_PER_GROUPED_SUBMIT + 1)
    submitter, jobs = GroupedJobSubmitter(pool), [new_job(org) for org in orgs]
    with counted() as statements:
        submitted = await asyncio.gather(*map(submitter.submit_job, jobs))
    assert [one.job_id for one in submitted] == [job.job_id for job in jobs]
    assert all(one.fresh and one.wake for one in submitted)
    assert statements == {"submit_jobs_of_tenants": 2}


async def test_a_tenant_with_many_submits_does_not_delay_another(conn: Conn, pool: Pool) -> None:
    busy, other = await scene.tenants(conn, 2)
    submitter = GroupedJobSubmitter(pool)
    many = [asyncio.create_task(submitter.submit_job(new_job(busy))) for _ in range(100)]
    one = asyncio.create_task(submitter.submit_job(new_job(other)))
    await one
    assert sum(task.done() for task in many) <= 1
    wakes = [submitted.wake for submitted in await asyncio.gather(*many)]
    assert [wake is not None for wake in wakes] == [True] + [False] * 99


async def test_the_cap_is_exact_for_concurrent_submits(conn: Conn, pool: Pool) -> None:
    await conn.execute("update pool_cap set max_queued = 10")
    full, *others = await scene.tenants(conn, 4)
    await scene.insert_due_jobs(conn, [full], 3)
    submitter = GroupedJobSubmitter(pool)
    jobs = [new_job(org) for _ in range(20) for org in (full, *others)]
    random.Random(1).shuffle(jobs)
    results = await asyncio.gather(*map(submitter.submit_job, jobs), return_exceptions=True)
    accepted = [job.organization_id for job, one in zip(jobs, results, strict=True) if isinstance(one, SubmittedJob)]
    assert {org: accepted.count(org) for org in (full, *others)} == {full: 7, **dict.fromkeys(others, 10)}
    assert {type(one) for one in results} == {SubmittedJob, LimitReached}
    assert await conn.fetchval("select count(*) from job") == 40


async def test_one_of_many_grouped_submits_of_a_key_creates_the_job(conn: Conn, pool: Pool) -> None:
    """In the batches of three processes, in each amid other jobs of the tenant."""
    [org, other] = await scene.tenants(conn, 2)
    submitters = [GroupedJobSubmitter(pool) for _ in range(3)]
    jobs = [new_job(org, kind, unique_key="shop") for _ in range(5) for kind in (TEST_JOB, UNCAPPED_JOB, INTERNAL_JOB)]
    works = [one.submit_job(job._replace(job_id=ids.new_uuid7())) for job in jobs for one in submitters]
    fill = [one.submit_job(new_job(tenant)) for tenant in (org, other) for one in submitters]
    results = await asyncio.gather(*works, *fill)
    assert len({one.job_id for one in results[: len(works)]}) == 1
    assert sum(one.fresh for one in results) == 1 + len(fill)
    assert await conn.fetchval("select count(*) from job where unique_key = 'shop'") == 1


async def test_a_bad_job_fails_alone(conn: Conn, pool: Pool) -> None:
    orgs = await scene.tenants(conn, 5)
    foreign_id = await seeds.project(conn, orgs[0])
    submitter, jobs = GroupedJobSubmitter(pool), [new_job(org) for org in orgs]
    jobs[2] = jobs[2]._replace(project_id=foreign_id)
    with counted() as statements:
        results = await asyncio.gather(*map(submitter.submit_job, jobs), return_exceptions=True)
    assert isinstance(bad := results.pop(2), asyncpg.ForeignKeyViolationError), bad
    assert all(isinstance(one, SubmittedJob) and one.fresh and one.wake for one in results)
    assert statements == {"submit_jobs_of_tenants": 1, "submit_job": 5}
    assert await conn.fetchval("select count(*) from job") == 4


async def test_a_key_of_an_open_transaction_delays_only_its_tenant(
    conn: Conn, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "GROUPED_WRITE_LOCK_TIMEOUT", "50ms")
    orgs = await scene.tenants(conn, 5)
    submitter = GroupedJobSubmitter(pool)
    async with pool.acquire() as holder, holder.transaction():
        held = await scene.submit(holder, orgs[0], unique_key="shop")
        slow, *others = [asyncio.create_task(submitter.submit_job(new_job(org, unique_key="shop"))) for org in orgs]
        assert all(one.fresh for one in await asyncio.gather(*others))
        await eventually(partial(scene.waits_for_lock, conn))
        assert not slow.done()
    assert (await slow).job_id == held.job_id


async def test_a_key_of_an_ending_job_delays_only_its_tenant(conn: Conn, pool: Pool) -> None:
    """The transaction that ends the job may take long. The others' statement skips the key."""
    busy, other = await scene.tenants(conn, 2)
    submitter = GroupedJobSubmitter(pool)
    first = await submitter.submit_job(new_job(busy, unique_key="shop"))
    with counted() as statements:
        async with pool.acquire() as holder, holder.transaction():
            await holder.execute(
                "update job set state = 'canceled', stage = 'canceled', finished_at = now() where id = $1", first.job_id
            )
            again = asyncio.create_task(submitter.submit_job(new_job(busy, unique_key="shop")))
            assert (await submitter.submit_job(new_job(other))).fresh
            await eventually(partial(scene.waits_for_lock, conn))
        assert (await again).fresh
    assert statements == {"submit_jobs_of_tenants": 1, "submit_job": 1}


async def test_a_canceled_caller_cancels_no_other(conn: Conn, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job canceled before its statement is not submitted; one canceled during it may be, once."""
    monkeypatch.setattr(ledger, "GROUPED_WRITE_LOCK_TIMEOUT", "0")
    orgs = await scene.tenants(conn, 4)
    submitter, jobs = GroupedJobSubmitter(pool), [new_job(org) for org in orgs]
    async with pool.acquire() as holder, holder.transaction():
        await holder.execute("lock table job in share mode")
        first = [asyncio.create_task(submitter.submit_job(job)) for job in jobs[:2]]
        await eventually(partial(scene.waits_for_lock, conn))
        later = [asyncio.create_task(submitter.submit_job(job)) for job in [*jobs[2:], new_job(orgs[0])]]
        await asyncio.sleep(0)
        for leaving in (first[0], later[0]):
            leaving.cancel()
        await asyncio.wait([first[0], later[0]])
    assert [(await one).job_id for one in (first[1], later[1])] == [jobs[1].job_id, jobs[3].job_id]
    assert (await later[2]).fresh
    assert {row["id"] for row in await conn.fetch("select id from job")} == {
        *(job.job_id for job in (jobs[0], jobs[1], jobs[3])),
        (await later[2]).job_id,
    }


async def test_a_repeat_waits_for_its_statement_under_way(conn: Conn, pool: Pool) -> None:
    """The statement of a silent connection may commit or roll back after the repeat has begun."""
    [org] = await scene.tenants(conn)
    for commits in (True, False):
        job = new_job(org)
        async with pool.acquire() as silent:
            transaction = silent.transaction()
            await transaction.start()
            assert await ledger.submit_jobs_of_tenants(silent, [job]) != [None]
            repeat = await scene.start_blocked(pool, ledger.submit_job(conn, **job._asdict()))
            await (transaction.commit() if commits else transaction.rollback())
        assert ((await repeat).job_id, (await repeat).fresh) == (job.job_id, True)
        assert await ledger.submit_jobs_of_tenants(conn, [job]) == [None]
    assert await conn.fetchval("select count(*) from job") == 2


@asynccontextmanager
async def open_proxied_pool(database_url: str) -> AsyncIterator[tuple[FaultProxy, Pool]]:
    """Open a pool of Postgres connections that pass through a fault proxy."""
    server = urlsplit(database_url)
    async with open_fault_proxy(ServerAddress(server.hostname or "", server.port or 0)) as proxy:
        url = server._replace(netloc=server.netloc.replace(f":{server.port}", f":{proxy.address.port}")).geturl()
        async with open_postgres_pool(url, name="submits", size=4, command_timeout=SILENCE_TIMEOUT_S) as pool:
            yield proxy, pool


@pytest.mark.usefixtures("new_connections")
@pytest.mark.parametrize("breaks", [True, pytest.param(False, marks=pytest.mark.timing)])
async def test_a_lost_answer_neither_loses_nor_doubles_a_job(conn: Conn, database_url: str, *, breaks: bool) -> None:
    """The connection breaks after the commit, or stays open and silent."""
    orgs = await scene.tenants(conn, 5)
    async with open_proxied_pool(database_url) as (proxy, pool):
        submitter = GroupedJobSubmitter(pool)
        await submitter.submit_job(new_job(orgs[0], UNCAPPED_JOB))
        jobs = [new_job(org, unique_key=key) for org, key in zip(orgs, (None, "shop", None, "app", None), strict=True)]
        proxy.drop_responses()
        works = [asyncio.create_task(submitter.submit_job(job)) for job in jobs]
        await eventually(partial(has_jobs, conn, 1 + len(jobs)))
        proxy.resume_forwarding()
        if breaks:
            proxy.reset_connections()
        results = await asyncio.gather(*works)
    assert [(one.job_id, one.fresh, one.wake is not None) for one in results] == [
        (job.job_id, True, True) for job in jobs
    ]
    assert await has_jobs(conn, 1 + len(jobs))


async def has_jobs(conn: Conn, count: int) -> bool:
    return bool(await conn.fetchval("select count(*) = $1 from job", count))


class RecordedCause:
    """A request that counts its submits."""

    span = None

    def __init__(self) -> None:
        self.submits: list[UUID] = []

    def log_fields(self) -> dict[str, Any]:
        return {}

    def new_job_id(self) -> UUID:
        return ids.new_uuid7()

    def record_submitted_job(self, *, kind: str, project_id: UUID | None, job_id: UUID) -> None:
        self.submits.append(job_id)


async def test_a_submit_is_traced_to_its_own_request(conn: Conn, pool: Pool) -> None:
    orgs = await scene.tenants(conn, 3)
    submitter = GroupedJobSubmitter(pool)

    async def request(org: UUID, unique_key: str | None) -> tuple[list[UUID], UUID, bool]:
        log_context.set_current_cause(cause := RecordedCause())
        submitted = await submitter.submit_job(new_job(org, unique_key=unique_key))
        return cause.submits, submitted.job_id, submitted.fresh

    keys = [(orgs[0], None), (orgs[1], "shop"), (orgs[1], "shop"), (orgs[2], None)]
    results = await asyncio.gather(*(request(*one) for one in keys))
    assert [traced == ([job_id] if fresh else []) for traced, job_id, fresh in results] == [True] * 4
    assert sum(fresh for *_, fresh in results) == 3
