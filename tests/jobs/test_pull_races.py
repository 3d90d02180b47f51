"""Races of pulls with each other and with changes of a line: caps are exact, no job is claimed twice."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import pytest_asyncio

from db.pool import Conn, Pool, open_postgres_pool
from jobs import controls
from jobs.kinds import JobKindSpec
from jobs.ledger import JobClaim, SubmittedJob
from jobs.outcomes import Done, Retry, TaskOutcome
from schemas.settings import Settings
from tests import seeds
from tests.jobs import scene
from tests.jobs.scene import TEST_JOB, UNCAPPED_JOB

PULLERS = 8

#: Takes the lock of the pool.
LOCK = "select pg_advisory_xact_lock(72, hashtext('ingest'))"


@pytest_asyncio.fixture
async def wide(settings: Settings) -> AsyncIterator[Pool]:
    """Open enough connections for every racer."""
    async with open_postgres_pool(settings.database_url, name="racers", size=2 * PULLERS + 2) as pool:
        yield pool


async def pull_all(pool: Pool, worker: UUID, free: int, kind: JobKindSpec = TEST_JOB) -> list[JobClaim]:
    """Pull and settle until nothing is due."""
    taken: list[JobClaim] = []
    async with pool.acquire() as conn:
        while claims := await scene.pull(conn, worker, free, kind):
            taken += claims
            await scene.settle(conn, claims)
    return taken


async def test_eight_pullers_claim_each_job_once(wide: Pool, conn: Conn) -> None:
    orgs = await scene.tenants(conn, 20)
    await scene.insert_due_jobs(conn, orgs, 25, UNCAPPED_JOB)
    workers = [await scene.worker(conn, UNCAPPED_JOB) for _ in range(PULLERS)]
    taken = await asyncio.gather(*[pull_all(wide, worker, 7, UNCAPPED_JOB) for worker in workers])
    claims = [claim for claims in taken for claim in claims]
    assert len(claims) == len({claim.id for claim in claims}) == 500
    assert {claim.fence for claim in claims} == {1}


async def test_the_cap_holds_against_eight_pullers(wide: Pool, conn: Conn) -> None:
    """No moment has six running jobs with a cap of five."""
    orgs = await scene.tenants(conn, 3)
    await scene.insert_due_jobs(conn, orgs, 60)
    workers = [await scene.worker(conn) for _ in range(PULLERS)]
    over: list[int] = []

    async def watch() -> None:
        async with wide.acquire() as own:
            while True:
                over.extend(
                    row["n"]
                    for row in await own.fetch(
                        """select count(*) as n from job where state = 'running'
                            group by organization_id having count(*) > 5"""
                    )
                )

    watching = asyncio.create_task(watch())
    taken = await asyncio.gather(*[pull_until_done(wide, worker) for worker in workers])
    watching.cancel()
    assert sum(taken) == 180
    assert over == []


async def pull_until_done(pool: Pool, worker: UUID) -> int:
    """Pull and settle until all is done. An empty pull may mean a full cap: then others settle."""
    count = 0
    async with pool.acquire() as conn:
        while await conn.fetchval("select exists (select from job where finished_at is null)"):
            claims = await scene.pull(conn, worker, 3)
            count += len(claims)
            await scene.settle(conn, claims)
    return count


async def test_forty_concurrent_submits_start_five_at_a_time(wide: Pool, conn: Conn, org: UUID) -> None:
    workers = [await scene.worker(conn) for _ in range(4)]

    async def submit() -> None:
        async with wide.acquire() as own:
            await scene.submit(own, org)

    async def pull(worker: UUID) -> int:
        async with wide.acquire() as own:
            return sum([len(await scene.pull(own, worker, 10)) for _ in range(10)])

    submitting = asyncio.gather(*[submit() for _ in range(40)])
    during = await asyncio.gather(*[pull(worker) for worker in workers])
    await submitting
    after = [await pull(worker) for worker in workers]
    assert sum(during) + sum(after) == 5
    assert await conn.fetchval("select count(*) from job where state = 'running'") == 5


@asynccontextmanager
async def hold_transaction(pool: Pool, sql: str, *args: object) -> AsyncIterator[Conn]:
    """Hold a transaction that has run a statement; it commits when the block ends."""
    async with pool.acquire() as other, other.transaction():
        await other.execute(sql, *args)
        yield other


async def start_blocked_pull(pool: Pool, worker: UUID) -> "asyncio.Task[list[JobClaim]]":
    """Start a pull that waits for the pool's lock, held by another session."""

    async def pull() -> list[JobClaim]:
        async with pool.acquire() as conn:
            return await scene.pull(conn, worker)

    return await scene.start_blocked(pool, pull())


async def test_a_waiting_pull_sees_the_other_ones_claims(pool: Pool, conn: Conn, org: UUID) -> None:
    """The snapshot is younger than the lock: otherwise the second pull would miss the five running jobs."""
    await scene.add_huge_worker(conn)
    await scene.insert_due_jobs(conn, [org], 20)
    worker = await scene.worker(conn)
    async with pool.acquire() as other, other.transaction():
        assert len(await scene.pull(other, await scene.worker(other), 5)) == 5
        waiting = await start_blocked_pull(pool, worker)
    assert await waiting == []


async def test_a_waiting_pull_sees_jobs_that_are_rescheduled_or_submitted(pool: Pool, conn: Conn, org: UUID) -> None:
    moved, stays = await scene.submit(conn, org), await scene.submit(conn, org)
    worker = await scene.worker(conn)
    async with hold_transaction(pool, LOCK) as other:
        waiting = await start_blocked_pull(pool, worker)
        added = await scene.submit(conn, org)
        await other.execute(
            "update job set run_at = now() + interval '1 hour', stage = 'scheduled' where id = $1", moved.job_id
        )
    assert {claim.id for claim in await waiting} == {stays.job_id, added.job_id}


async def test_a_locked_job_is_passed_over(pool: Pool, conn: Conn, org: UUID) -> None:
    locked, free = await scene.submit(conn, org), await scene.submit(conn, org)
    async with hold_transaction(pool, "select from job where id = $1 for update", locked.job_id):
        claims = await scene.pull(conn, await scene.worker(conn))
    assert [claim.id for claim in claims] == [free.job_id]


async def test_pulls_of_other_pools_and_full_workers_dont_wait(pool: Pool, conn: Conn, org: UUID) -> None:
    await scene.submit(conn, org, UNCAPPED_JOB)
    full, other = await scene.worker(conn), await scene.worker(conn, UNCAPPED_JOB)
    async with hold_transaction(pool, LOCK):
        assert len(await scene.pull(conn, other, 10, UNCAPPED_JOB)) == 1
        assert await scene.pull(conn, full, 0) == []


async def test_cancel_of_many_against_pull_and_settle(wide: Pool, conn: Conn, org: UUID) -> None:
    """No statement is a deadlock's victim, and each job ends once."""
    project_id = await seeds.project(conn, org)
    await conn.execute("update organization set tier = 'partner'")
    for _ in range(400):
        await scene.submit(conn, org, project_id=project_id)
    workers = [await scene.worker(conn) for _ in range(4)]

    async def cancel() -> int:
        async with wide.acquire() as own:
            moved = await controls.cancel_batch_of_project_jobs(
                own, organization_id=org, project_id=project_id, kinds=[TEST_JOB.name], limit=50
            )
            return len(moved)

    async def cancel_all() -> None:
        while await cancel():
            pass

    pulled = asyncio.gather(*[pull_all(wide, worker, 20) for worker in workers])
    await asyncio.gather(cancel_all(), cancel_all(), cancel_all())
    await pulled
    states = Counter(row["state"] for row in await conn.fetch("select state from job"))
    attempts = Counter(row["outcome"] for row in await conn.fetch("select outcome from ended_attempt"))
    assert states["completed"] + states["canceled"] == 400
    assert attempts["completed"] == states["completed"]


async def close_empty_lines(conn: Conn, orgs: Sequence[UUID]) -> None:
    await conn.execute("select forget_queued_kinds('ingest', $1)", orgs)


async def test_a_line_forgotten_before_a_commit_is_noted_by_it(pool: Pool, conn: Conn, org: UUID) -> None:
    worker = await scene.worker(conn)
    await scene.settle(conn, [await scene.start_job(conn, org)])
    async with pool.acquire() as other, other.transaction():
        job = await scene.submit(other, org)
        await close_empty_lines(conn, [org])
        assert await conn.fetchval("select count(*) from queued_kind") == 0
    assert [claim.id for claim in await scene.pull(conn, worker)] == [job.job_id]


async def test_an_open_submit_delays_no_other(pool: Pool, conn: Conn, org: UUID) -> None:
    """The first job of a line notes its kind at the commit, not before."""
    async with pool.acquire() as frozen, frozen.transaction():
        await scene.submit(frozen, org)
        job = await scene.submit(conn, org)
        assert [claim.id for claim in await scene.pull(conn, await scene.worker(conn))] == [job.job_id]


async def test_a_job_that_changes_its_pool_is_noted_there(conn: Conn, org: UUID) -> None:
    job = await scene.submit(conn, org)
    await conn.execute("update job set pool = 'default'")
    kind = TEST_JOB._replace(pool="default")
    claims = await scene.pull(conn, await scene.worker(conn, kind), 1, kind)
    assert [claim.id for claim in claims] == [job.job_id]


async def test_a_job_submitted_while_its_line_closes_opens_it_again(pool: Pool, conn: Conn, org: UUID) -> None:
    worker = await scene.worker(conn)
    await scene.settle(conn, [await scene.start_job(conn, org)])
    async with hold_transaction(pool, "select forget_queued_kinds('ingest', $1)", [org]):
        waiting = await scene.start_blocked(pool, submit_on(pool, org))
    job = await waiting
    assert [claim.id for claim in await scene.pull(conn, worker)] == [job.job_id]


async def submit_on(pool: Pool, org: UUID) -> SubmittedJob:
    async with pool.acquire() as own:
        return await scene.submit(own, org)


async def test_no_job_is_left_without_its_line(wide: Pool, conn: Conn) -> None:
    """Jobs arrive, retry and end while lines open and close."""
    orgs = await scene.tenants(conn, 6)
    workers = [await scene.worker(conn, UNCAPPED_JOB) for _ in range(3)]
    outcomes: Iterator[TaskOutcome] = itertools.cycle([Done(), Retry("LATE", "the job is repeated", after_s=0.0)])

    async def submit() -> None:
        async with wide.acquire() as own:
            for place in range(60):
                await scene.submit(own, orgs[place % len(orgs)], UNCAPPED_JOB)

    async def work(worker: UUID) -> None:
        async with wide.acquire() as own:
            while await own.fetchval("select count(*) < 180 or bool_or(finished_at is null) from job"):
                for claim in await scene.pull(own, worker, 2, UNCAPPED_JOB):
                    await scene.settle(own, [claim], next(outcomes))
                await own.execute("select forget_queued_kinds('default', $1)", orgs)

    await asyncio.gather(*[submit() for _ in range(3)], *[work(worker) for worker in workers])
    await close_empty_lines(conn, orgs)
    assert await conn.fetchval("select count(*) from job where state in ('completed', 'failed')") == 180
