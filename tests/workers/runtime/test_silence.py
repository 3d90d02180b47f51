"""A connection to Postgres that falls silent at an exact moment: open, but no byte passes any more.

The worker under test reaches Postgres through a relay; the dispatcher, and a second worker, directly.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio

from db import pool as pools
from db.pool import Conn
from db.queries import Query
from jobs.outcomes import Done, JobWrite, TaskOutcome
from tests import relay
from tests.relay import LostPart, PostgresRelay
from tests.waiting import PATIENCE_S
from tests.workers.runtime.workers import TEST_JOB, Workers, running
from workers.dispatcher.loop import Dispatcher
from workers.runtime.context import TaskContext

pytestmark = pytest.mark.timing

#: Seconds of a lease: short enough that the worker's timeouts have their lowest value.
LEASE_S = 6

BOTH = pytest.mark.parametrize("loss", LostPart)


@pytest_asyncio.fixture
async def silent(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PostgresRelay]:
    """Disable all other ends of the silence within the test's patience."""
    for limit in ("idle_in_transaction_session_timeout", "statement_timeout", "lock_timeout"):
        monkeypatch.setitem(pools.POSTGRES_SESSION_SETTINGS, limit, f"{2 * PATIENCE_S:.0f}s")
    monkeypatch.setattr("workers.runtime.puller.LEDGER_PULL_EVERY_S", 1.0)
    await workers.pool.execute("create table effect (job_id uuid, fence bigint)")
    async with relay.start_relay(workers.settings.database_url) as made:
        yield made


@pytest_asyncio.fixture
async def dispatcher(workers: Workers) -> AsyncIterator[None]:
    """Run a dispatcher with enough uptime of Postgres to judge leases."""
    settings = msgspec.structs.replace(workers.settings, lease_s=1)
    async with running(Dispatcher(settings, workers.courier)):
        yield


async def work(ctx: TaskContext) -> TaskOutcome:
    return await ctx.commit(lambda conn: effect(conn, ctx))


async def effect(conn: Conn, ctx: TaskContext) -> dict[str, Any]:
    await conn.execute("insert into effect values ($1, $2)", ctx.job.id, ctx.job.fence)
    return {}


async def wait_for_recovery(workers: Workers, relay: PostgresRelay, job_id: UUID) -> Any:
    """Return the row of the job, ended despite the silence, with one effect."""
    await asyncio.wait_for(relay.silent.wait(), PATIENCE_S)
    row = await workers.ended(job_id)
    assert (row["state"], row["crashes"]) == ("completed", 0)
    assert await workers.pool.fetchval("select array_agg(fence) from effect") == [row["fence"]]
    return row


@BOTH
@pytest.mark.usefixtures("dispatcher")
async def test_silence_at_the_pull(workers: Workers, silent: PostgresRelay, loss: LostPart) -> None:
    """A pull with a lost response has claimed the job for this worker, which adopts it."""
    async with workers.working(work, lease_s=LEASE_S, database_url=silent.url):
        silent.fall_silent_at("claim_jobs", loss)
        await asyncio.wait_for(silent.silent.wait(), PATIENCE_S)
        row = await wait_for_recovery(workers, silent, await workers.submit())
    assert row["attempt"] == 1


@pytest.mark.usefixtures("dispatcher")
async def test_silence_at_a_pull_that_claimed_a_job(workers: Workers, silent: PostgresRelay) -> None:
    async with workers.working(work, lease_s=LEASE_S, database_url=silent.url, slots=1):
        await workers.ended(await workers.submit())
        await workers.pool.execute("truncate effect")
        job_id = await workers.submit(wake=False)
        silent.fall_silent_at("claim_jobs", LostPart.ANSWER)
        row = await wait_for_recovery(workers, silent, job_id)
    assert (row["attempt"], row["fence"]) == (1, 1)


@BOTH
@pytest.mark.usefixtures("dispatcher")
async def test_silence_at_the_settlement(workers: Workers, silent: PostgresRelay, loss: LostPart) -> None:
    async def task(ctx: TaskContext) -> TaskOutcome:
        await ctx.step(lambda conn: effect(conn, ctx))
        return Done()

    async with workers.working(task, lease_s=LEASE_S, database_url=silent.url, slots=1):
        silent.fall_silent_at("settle_jobs", loss)
        row = await wait_for_recovery(workers, silent, await workers.submit())
        # Its only slot is free again.
        await workers.ended(await workers.submit())
    assert row["fence"] == 1


@BOTH
@pytest.mark.usefixtures("dispatcher")
async def test_silence_in_a_step(workers: Workers, silent: PostgresRelay, loss: LostPart) -> None:
    """A second worker is idle. Postgres releases the step's lock, and rolls the step back."""
    async with workers.working(work, lease_s=LEASE_S, database_url=silent.url, slots=1):
        silent.fall_silent_at("insert into effect", loss)
        job_id = await workers.submit()
        await asyncio.wait_for(silent.silent.wait(), PATIENCE_S)
        async with workers.working(work):
            row = await wait_for_recovery(workers, silent, job_id)
    assert (row["fence"], row["attempt"]) == (2, 1)


@BOTH
@pytest.mark.usefixtures("dispatcher")
async def test_silence_at_the_commit(workers: Workers, silent: PostgresRelay, loss: LostPart) -> None:
    """The worker needn't find out whether the commit succeeded: the fence decides."""
    async with workers.working(work, lease_s=LEASE_S, database_url=silent.url, slots=1):
        silent.fall_silent_at("COMMIT", loss)
        row = await wait_for_recovery(workers, silent, await workers.submit())
        await workers.ended(await workers.submit())
    assert (row["fence"], row["attempt"]) == (1 if loss is LostPart.ANSWER else 2, 1)


@pytest.mark.parametrize("statement", ["settle_jobs", "insert into effect", "COMMIT"])
@BOTH
@pytest.mark.usefixtures("dispatcher")
async def test_silence_in_the_settlement_of_grouped_writes(
    workers: Workers, silent: PostgresRelay, loss: LostPart, statement: str
) -> None:
    """The worker settles again: a commit without an answer has ended the job, or Postgres rolls it back."""
    insert = Query("insert_effect", "insert into effect (job_id, fence) values (:job_id, :fence)")

    async def task(ctx: TaskContext) -> TaskOutcome:
        return Done(writes=[JobWrite(insert, {"job_id": ctx.job.id, "fence": ctx.job.fence})])

    async with workers.working(task, lease_s=LEASE_S, database_url=silent.url, slots=1):
        silent.fall_silent_at(statement, loss)
        row = await wait_for_recovery(workers, silent, await workers.submit())
        await workers.ended(await workers.submit())
    assert row["attempt"] == 1
    assert row["fence"] == 1 or (statement, loss) != ("COMMIT", LostPart.ANSWER)


@pytest.mark.long
@pytest.mark.usefixtures("dispatcher")
async def test_silence_of_the_whole_host(workers: Workers, silent: PostgresRelay) -> None:
    """Every connection of the worker, in a step: another worker gets the job when the lease has expired."""
    async with workers.working(work, lease_s=LEASE_S, database_url=silent.url, slots=1):
        silent.fall_silent_at("insert into effect", LostPart.STATEMENT, whole=True)
        job_id = await workers.submit()
        await asyncio.wait_for(silent.silent.wait(), PATIENCE_S)
        async with workers.working(work):
            row = await workers.ended(job_id)
        silent.whole = False
    assert (row["state"], row["fence"], row["crashes"]) == ("completed", 2, 1)


@pytest.mark.long
@pytest.mark.usefixtures("dispatcher")
async def test_a_deadline_holds_while_a_step_is_silent_and_its_worker_renews(
    workers: Workers, silent: PostgresRelay
) -> None:
    """The lease is so long that neither it nor Postgres's own timeout helps."""
    brief = TEST_JOB._replace(timeout_s=1.0)
    async with workers.working(work, kind=brief, database_url=silent.url, slots=1, lease_s=60):
        silent.fall_silent_at("insert into effect", LostPart.STATEMENT)
        started = time.monotonic()
        job_id = await workers.submit()
        await asyncio.wait_for(silent.silent.wait(), PATIENCE_S)
        await workers.becomes(job_id, "fence > 1 or state = 'queued'")
        assert time.monotonic() - started > brief.timeout_s - 0.5
        async with workers.working(work):
            row = await workers.ended(job_id)
    assert (row["state"], row["fence"], row["attempt"], row["crashes"]) == ("completed", 2, 2, 0)
    assert await workers.attempts(job_id) == ["retry", "completed"]


@pytest.mark.usefixtures("dispatcher")
async def test_a_deadline_holds_for_a_task_that_ignores_its_cancel(workers: Workers, silent: PostgresRelay) -> None:
    """Its worker renews and still owns the job; its late commit is void."""
    brief, go, stopped = TEST_JOB._replace(timeout_s=0.5), asyncio.Event(), list[bool]()

    async def stubborn(ctx: TaskContext) -> TaskOutcome:
        while ctx.job.fence == 1 and not go.is_set():
            try:
                await go.wait()
            except asyncio.CancelledError:
                stopped.append(True)
        return await work(ctx)

    async with workers.working(stubborn, kind=brief, slots=1, lease_s=60):
        try:
            job_id = await workers.submit()
            await workers.becomes(job_id, "fence = 1 and state = 'queued'")
            async with workers.working(work):
                row = await workers.ended(job_id)
        finally:
            go.set()
    assert stopped
    assert (row["fence"], row["attempt"]) == (2, 2)
    assert await workers.pool.fetchval("select array_agg(fence) from effect") == [2]
