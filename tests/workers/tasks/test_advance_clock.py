"""The job that advances a sandbox's clock: it continues after a dead attempt, and reports obstacles."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from itertools import accumulate
from uuid import UUID

import pytest
import pytest_asyncio

from db.pool import Conn, run_in_transaction, use_unpooled_pg_connection
from domain.operations import sandbox_time
from domain.tenancy import sandbox_clock
from domain.tenancy.sandbox_clock import SandboxClockRow
from jobs.kinds import ADVANCE_CLOCK_KIND, PUBLISH_POST_KIND
from schemas.sandbox import AdvanceClock
from tests import seeds
from tests.workers import by_hand
from tests.workers.runtime.workers import TEST_JOB, finish
from tests.workers.tasks.project import IngestProject
from workers.runtime.runner import JobTask
from workers.tasks.advance_clock import advance_clock, iter_sandbox_due_work_check_pauses_s

DAYS = 4


@pytest_asyncio.fixture
async def scheduled(sandbox: IngestProject) -> IngestProject:
    """Schedule a post on each of some days, and submit an advance over all of them."""
    async with sandbox.workers.pool.acquire() as conn:
        account_id = await seeds.account(conn, sandbox.org, sandbox.id)
        await conn.execute("update social_account set collect_at = null")
        now = await conn.fetchval("select now()")
        for day in range(1, DAYS + 1):
            content_id = await seeds.content(conn, sandbox.org, sandbox.id, caption=f"Bread {day}")
            await seeds.post(conn, sandbox.org, content_id, account_id, at=now + timedelta(days=day))
    body = AdvanceClock(advance=f"{DAYS + 1}d")
    await run_in_transaction(
        sandbox.workers.pool, partial(sandbox_clock.submit_clock_advance, organization_id=sandbox.org, body=body)
    )
    return sandbox


async def clock_of(project: IngestProject) -> SandboxClockRow:
    async with project.workers.pool.acquire() as conn:
        return await sandbox_clock.read_sandbox_clock(conn, organization_id=project.org)


async def test_the_next_attempt_continues_after_a_dead_one(scheduled: IngestProject) -> None:
    """Between two stops, and in the middle of one, which is rolled back."""
    pool = scheduled.workers.pool
    async with pool.acquire() as conn:
        [claim] = await seeds.claims(conn, ADVANCE_CLOCK_KIND)
        async with conn.transaction():
            await sandbox_time.move_sandbox_clock_to_next_due_time(conn, claim=claim)
        ahead, ages = (await clock_of(scheduled)).ahead, "select array_agg(created_at order by id) from job"
        before = await conn.fetchval(ages)
        assert ahead > timedelta(hours=23)
        died = conn.transaction()
        await died.start()
        await conn.execute("update job set run_at = run_at + interval '1 day' where id <> $1", claim.id)
        assert await sandbox_time.move_sandbox_clock_to_next_due_time(conn, claim=claim)
        await died.rollback()
        assert (await clock_of(scheduled)).ahead == ahead
        assert await conn.fetchval(ages) == before
    await by_hand.rescue(pool)
    async with scheduled.at_work(PUBLISH_POST_KIND), scheduled.at_work(ADVANCE_CLOCK_KIND):
        job = await scheduled.workers.ended(claim.id)
    assert (job["state"], job["attempt"], job["result"]) == ("completed", 2, {"duePosts": DAYS, "dueJobs": DAYS})
    clock = await clock_of(scheduled)
    assert clock.target is None
    assert timedelta() <= timedelta(days=DAYS + 1) - clock.ahead < timedelta(minutes=2)
    sends = await pool.fetch("select count(*) as sends from account_send group by post_id")
    assert [row["sends"] for row in sends] == [1] * DAYS


async def test_an_advance_without_due_work_takes_one_attempt(sandbox: IngestProject) -> None:
    body, pool = AdvanceClock(advance="1d"), sandbox.workers.pool
    await run_in_transaction(pool, partial(sandbox_clock.submit_clock_advance, organization_id=sandbox.org, body=body))
    async with sandbox.at_work(ADVANCE_CLOCK_KIND):
        job = await sandbox.workers.ended(await job_of(sandbox))
    assert (job["state"], job["attempt"]) == ("completed", 1)
    assert await sandbox.workers.attempts(job["id"]) == ["completed"]


@pytest.mark.parametrize("took_s", [0.001, 0.02, 0.05, 0.1, 0.2, 0.5, 2.0, 60.0])
def test_the_wait_after_the_due_work_is_short(took_s: float) -> None:
    """At most half as long as the work took, and a quarter of a second: a few seconds in all for 90 stops."""
    seen_s = next(looked_s for looked_s in accumulate(iter_sandbox_due_work_check_pauses_s()) if looked_s >= took_s)
    assert seen_s - took_s <= min(0.01 + took_s / 2, 0.25)


def advance_with_patience(project: IngestProject, patience_s: float, queries: list[str] | None = None) -> JobTask:
    """Return the task with another patience; `queries` records the statements of its connection."""
    noted = [] if queries is None else queries

    @asynccontextmanager
    async def connect() -> AsyncIterator[Conn]:
        async with use_unpooled_pg_connection(project.workers.settings.database_url, name="clock") as conn:
            conn.add_query_logger(lambda asked: noted.append(asked.query))
            yield conn

    return partial(advance_clock, connect=connect, courier=project.workers.courier, patience_s=patience_s)


async def job_of(project: IngestProject) -> UUID:
    found: UUID = await project.workers.pool.fetchval(
        "select job_id from sandbox_clock where organization_id = $1", project.org
    )
    return found


async def test_a_blocked_clock_fails_and_stays(scheduled: IngestProject) -> None:
    """No worker publishes: the job fails at the first post, after few checks."""
    workers, queries = scheduled.workers, list[str]()
    async with workers.working_kinds({ADVANCE_CLOCK_KIND: advance_with_patience(scheduled, 1.0, queries)}):
        job = await workers.ended(await job_of(scheduled))
    assert (job["state"], job["error"]["code"]) == ("failed", "CLOCK_HELD_UP")
    assert 1 < queries.count(sandbox_time.FIND_SANDBOX_DUE_WORK.query.sql) < 60
    clock = await clock_of(scheduled)
    assert clock.target is None
    assert clock.ahead <= timedelta(days=1)


async def test_a_waiting_clock_yields_its_slot(scheduled: IngestProject) -> None:
    workers, errand = scheduled.workers, TEST_JOB._replace(pool=ADVANCE_CLOCK_KIND.pool)
    tasks = {ADVANCE_CLOCK_KIND: advance_with_patience(scheduled, 60.0), errand: finish}
    async with workers.working_kinds(tasks, slots=1, drain_s=0.1):
        await workers.becomes(await job_of(scheduled), "stage = 'advancing'")
        assert (await workers.ended(await workers.submit(kind=errand)))["state"] == "completed"
        assert (await workers.job(await job_of(scheduled)))["state"] == "running"


async def test_concurrent_advances_are_limited(scheduled: IngestProject) -> None:
    """Another one is snoozed, and its clock is shown as advancing until then."""
    url = scheduled.workers.settings.database_url
    async with AsyncExitStack() as stack:
        for _ in range(sandbox_time.MAX_CONCURRENT_CLOCK_ADVANCES):
            conn = await stack.enter_async_context(use_unpooled_pg_connection(url, name="clock"))
            assert await sandbox_time.take_clock_advance_slot(conn)
        async with scheduled.at_work(ADVANCE_CLOCK_KIND):
            await scheduled.workers.becomes(await job_of(scheduled), "fence > 0 and state = 'queued'")
        assert not await sandbox_time.take_clock_advance_slot(
            await stack.enter_async_context(use_unpooled_pg_connection(url, name="clock"))
        )
    assert (await clock_of(scheduled)).target
    assert {*await scheduled.workers.attempts(await job_of(scheduled))} == {"snoozed"}
