"""Writes of an attempt: only while it owns its job, and before a cancel is accepted."""

from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

import pytest

from db.pool import Conn, Pool
from jobs import ledger
from jobs.ledger import JobClaim
from jobs.outcomes import Interrupted
from schemas.errors import AttemptFenced, JobCancelRequested
from tests.jobs import scene

Step = Callable[[Conn, JobClaim], Awaitable[object]]
STEPS: list[Step] = [
    ledger.lock_claimed_job,
    partial(ledger.complete_job, result={}),
    partial(ledger.store_job_progress, progress=0.5),
]


async def test_a_commit_completes_the_job(conn: Conn, org: UUID) -> None:
    claim = await scene.start_job(conn, org)
    moved = await ledger.complete_job(conn, claim, result={"n": 1})
    row = await scene.row(conn, claim.id)
    assert (moved.id, moved.state, moved.has_ended) == (claim.id, "completed", True)
    assert (row["state"], row["progress"], row["result"], row["lease_owner"]) == ("completed", 1, {"n": 1}, None)
    assert await scene.list_attempts(conn, claim.id) == ["completed"]


async def test_a_commit_that_rolls_back_leaves_the_job_running(conn: Conn, org: UUID) -> None:
    claim = await scene.start_job(conn, org)
    transaction = conn.transaction()
    await transaction.start()
    await ledger.complete_job(conn, claim, result={})
    await transaction.rollback()
    assert (await scene.row(conn, claim.id))["state"] == "running"
    assert await scene.list_attempts(conn, claim.id) == []


async def test_an_attempt_that_lost_its_job_is_fenced(conn: Conn, org: UUID) -> None:
    """While the job waits, and while another attempt runs."""
    claim = await scene.start_job(conn, org)
    await scene.settle(conn, [claim], Interrupted())
    for _ in range(2):
        for step in STEPS:
            with pytest.raises(AttemptFenced):
                await step(conn, claim)
        await scene.pull(conn, await scene.worker(conn))


async def test_no_step_runs_for_another_tenants_job(conn: Conn) -> None:
    acme, rival = await scene.tenants(conn, 2)
    claim = await scene.start_job(conn, acme)
    for step in STEPS:
        with pytest.raises(AttemptFenced):
            await step(conn, claim._replace(organization_id=rival))


async def test_no_step_runs_after_an_accepted_cancel(conn: Conn, org: UUID) -> None:
    claim = await scene.start_job(conn, org)
    await scene.cancel(conn, org, claim.id)
    for step in STEPS:
        with pytest.raises(JobCancelRequested):
            async with conn.transaction():
                await step(conn, claim)
        assert (await scene.row(conn, claim.id))["state"] == "running"
    assert await scene.settle(conn, [claim], Interrupted()) == ["canceled"]


async def test_a_held_job_cant_be_taken_before_the_step_ends(pool: Pool, conn: Conn, org: UUID) -> None:
    claim = await scene.start_job(conn, org)
    async with pool.acquire() as other:
        async with conn.transaction():
            await ledger.lock_claimed_job(conn, claim)
            settling = await scene.start_blocked(pool, scene.settle(other, [claim], Interrupted()))
            await ledger.complete_job(conn, claim, result={})
        assert await settling == []
    assert (await scene.row(conn, claim.id))["state"] == "completed"


async def test_a_commit_that_comes_before_the_cancel_wins(pool: Pool, conn: Conn, org: UUID) -> None:
    claim = await scene.start_job(conn, org)
    async with pool.acquire() as other:
        async with conn.transaction():
            await ledger.complete_job(conn, claim, result={})
            cancel = scene.cancel(other, org, claim.id)
            canceling = await scene.start_blocked(pool, cancel)
        assert await canceling is None
    assert (await scene.row(conn, claim.id))["state"] == "completed"


async def _give_back(conn: Conn, claim: JobClaim) -> None:
    await scene.settle(conn, [claim], Interrupted())


async def _cancel(conn: Conn, claim: JobClaim) -> None:
    await scene.cancel(conn, claim.organization_id, claim.id)


@pytest.mark.parametrize(("before", "error"), [(_give_back, AttemptFenced), (_cancel, JobCancelRequested)])
async def test_a_commit_that_waited_for_its_job_ends_no_other_attempts(
    pool: Pool, conn: Conn, org: UUID, before: Step, error: type[Exception]
) -> None:
    claim = await scene.start_job(conn, org)
    async with pool.acquire() as other:
        async with conn.transaction():
            await before(conn, claim)
            ending = await scene.start_blocked(pool, ledger.complete_job(other, claim, result={}))
        with pytest.raises(error):
            await ending
    assert (await scene.row(conn, claim.id))["state"] != "completed"
    assert "completed" not in await scene.list_attempts(conn, claim.id)


async def test_commit_that_waited_for_a_progress_keeps_the_worker(pool: Pool, conn: Conn, org: UUID) -> None:
    claim = await scene.start_job(conn, org)
    running = await scene.row(conn, claim.id)
    async with pool.acquire() as other:
        async with conn.transaction():
            await ledger.store_job_progress(conn, claim, progress=0.5)
            ending = await scene.start_blocked(pool, ledger.complete_job(other, claim, result={}))
        assert (await ending).has_ended
    kept = await conn.fetchrow("select worker_id, started_at, outcome from ended_attempt")
    assert kept
    assert tuple(kept) == (running["lease_owner"], running["attempt_started_at"], "completed")


async def test_a_stage_may_refuse_and_again_allow_cancels(conn: Conn, org: UUID) -> None:
    claim = await scene.start_job(conn, org)
    await ledger.store_job_progress(conn, claim, progress=0.5, stage="sending", cancelable=False)
    assert await scene.cancel(conn, org, claim.id) is None
    await ledger.store_job_progress(conn, claim, progress=0.6, stage="confirming")
    assert await scene.cancel(conn, org, claim.id) is None
    await ledger.store_job_progress(conn, claim, progress=0.7, cancelable=True)
    assert await scene.cancel(conn, org, claim.id) is not None
    assert (await scene.row(conn, claim.id))["stage"] == "confirming"
