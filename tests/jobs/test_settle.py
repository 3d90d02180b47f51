"""Settlement: the job's state after each outcome of an attempt."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from db.pool import Conn, Pool
from jobs import ledger
from jobs.kinds import JobKindSpec
from jobs.ledger import AttemptSettlement
from jobs.outcomes import Canceled, Done, Failed, Interrupted, Retry, Snooze, TaskOutcome
from tests.jobs import scene
from tests.jobs.scene import TEST_JOB

BROKEN = {"code": "BROKEN", "message": "it broke", "retryable": False}
TRIED = {"code": "TRIED", "message": "it broke", "retryable": True}
LATE = {"code": "DEADLINE", "message": "the job did not end in time: start it again", "retryable": True}

ALL: list[TaskOutcome] = [
    Done({"n": 1}),
    Failed("BROKEN", "it broke"),
    Retry("TRIED", "it broke"),
    Snooze(1),
    Canceled(),
    Interrupted(),
]


async def settle_one(conn: Conn, org: UUID, outcome: TaskOutcome, kind: JobKindSpec = TEST_JOB) -> dict[str, Any]:
    """Run one attempt to its outcome, and return the job's row."""
    claim = await scene.start_job(conn, org, kind)
    await scene.settle(conn, [claim], outcome)
    return dict(await scene.row(conn, claim.id))


async def test_done(conn: Conn, org: UUID) -> None:
    row = await settle_one(conn, org, Done({"n": 1}))
    assert (row["state"], row["stage"], row["progress"], row["result"]) == ("completed", "completed", 1, {"n": 1})
    assert (row["finished_at"] is not None, row["lease_owner"], row["error"]) == (True, None, None)
    assert await scene.list_attempts(conn, row["id"]) == ["completed"]


async def test_a_retry_goes_back_into_its_line_and_costs_an_attempt(conn: Conn, org: UUID) -> None:
    row = await settle_one(conn, org, Retry("TRIED", "it broke", after_s=2))
    assert (row["state"], row["stage"], row["attempt"], row["error"]) == ("queued", "queued", 1, None)
    kept = await conn.fetchrow("select outcome, error, worker_id from job_attempt")
    assert kept is not None
    assert (kept["outcome"], kept["error"]) == ("retry", TRIED)
    assert kept["worker_id"] == await conn.fetchval("select id from worker")


@pytest.mark.parametrize(("after_s", "stage"), [(4.9, "queued"), (5.1, "scheduled")])
async def test_a_long_wait_leaves_the_line(conn: Conn, org: UUID, after_s: float, stage: str) -> None:
    row = await settle_one(conn, org, Retry("TRIED", "it broke", after_s=after_s))
    waits = row["run_at"] - await conn.fetchval("select max(ended_at) from job_attempt")
    assert (row["stage"], waits) == (stage, timedelta(seconds=after_s))


async def test_a_retry_without_a_time_has_a_jittered_wait(conn: Conn, org: UUID) -> None:
    row = await settle_one(conn, org, Retry("TRIED", "it broke"))
    waits = row["run_at"] - await conn.fetchval("select max(ended_at) from job_attempt")
    assert timedelta(0) <= waits <= timedelta(seconds=2)


async def test_after_the_last_attempt_a_retry_fails_with_its_error(conn: Conn, org: UUID) -> None:
    row = await settle_one(conn, org, Retry("TRIED", "it broke"), TEST_JOB._replace(max_attempts=1))
    assert (row["state"], row["error"]) == ("failed", TRIED)
    assert await scene.list_attempts(conn, row["id"]) == ["failed"]


@pytest.mark.parametrize(("outcome", "word"), [(Snooze(0.5), "snoozed"), (Interrupted(), "interrupted")])
async def test_snooze_and_interruption_cost_no_attempt(conn: Conn, org: UUID, outcome: TaskOutcome, word: str) -> None:
    row = await settle_one(conn, org, outcome, TEST_JOB._replace(max_attempts=1))
    assert (row["state"], row["stage"], row["attempt"]) == ("queued", "queued", 0)
    assert await scene.list_attempts(conn, row["id"]) == [word]


async def test_a_job_due_after_its_deadline_fails(conn: Conn, org: UUID) -> None:
    for outcome in (Retry("TRIED", "it broke", after_s=60), Snooze(60)):
        row = await settle_one(conn, org, outcome, TEST_JOB._replace(total_s=30))
        assert (row["state"], row["error"]) == ("failed", LATE)
    claim = await scene.start_job(conn, org)
    await conn.execute("update job set deadline_at = now() - interval '1 second'")
    assert await scene.settle(conn, [claim], Interrupted()) == ["failed"]


async def test_nothing_moves_the_deadline(conn: Conn, org: UUID) -> None:
    claim = await scene.start_job(conn, org)
    before = (await scene.row(conn, claim.id))["deadline_at"]
    await scene.settle(conn, [claim], Snooze(60))
    assert (await scene.row(conn, claim.id))["deadline_at"] == before


async def test_an_accepted_cancel_wins_over_any_outcome(conn: Conn, org: UUID) -> None:
    for outcome in ALL:
        claim = await scene.start_job(conn, org)
        await scene.cancel(conn, org, claim.id)
        assert await scene.settle(conn, [claim], outcome) == ["canceled"], outcome
        assert await scene.list_attempts(conn, claim.id) == ["canceled"]


async def test_many_attempts_settle_each_by_its_outcome(conn: Conn) -> None:
    orgs = await scene.tenants(conn, 3)
    await scene.insert_due_jobs(conn, orgs, 2)
    claims = await scene.pull(conn, await scene.worker(conn))
    batch = [AttemptSettlement(claim, outcome) for claim, outcome in zip(claims, ALL, strict=True)]
    moved = {row.id: row for row in await ledger.settle_job_attempts(conn, batch)}
    states = [moved[claim.id].state for claim in claims]
    assert states == ["completed", "failed", "queued", "queued", "canceled", "queued"]
    assert [moved[claim.id].has_ended for claim in claims] == [True, True, False, False, True, False]
    assert moved[claims[1].id].error == BROKEN


async def test_a_fenced_claim_changes_nothing_and_returns_no_row(conn: Conn, org: UUID) -> None:
    old = await scene.start_job(conn, org)
    await scene.settle(conn, [old], Interrupted())
    [new] = await scene.pull(conn, await scene.worker(conn))
    assert await scene.settle(conn, [old], Done({"from": "the dead"})) == []
    assert (await scene.row(conn, new.id))["state"] == "running"
    assert await scene.settle(conn, [new, old]) == ["completed"]
    assert await scene.settle(conn, [new]) == []
    assert await scene.list_attempts(conn, new.id) == ["interrupted", "completed"]


async def test_another_tenants_claim_settles_nothing(conn: Conn) -> None:
    acme, rival = await scene.tenants(conn, 2)
    claim = await scene.start_job(conn, acme)
    assert await scene.settle(conn, [claim._replace(organization_id=rival)]) == []


async def test_batches_that_share_jobs_in_opposite_orders_dont_deadlock(pool: Pool, conn: Conn) -> None:
    """Rows are locked in the order of their ids, not of the batch."""
    await scene.add_huge_worker(conn)
    orgs = await scene.tenants(conn, 4, tier="partner")
    await scene.insert_due_jobs(conn, orgs, 50)
    claims = await scene.pull(conn, await scene.worker(conn), 200)

    async def settle(batch: list[ledger.JobClaim]) -> int:
        async with pool.acquire() as own:
            return len(await scene.settle(own, batch))

    counts = await asyncio.gather(*[settle(batch) for batch in (claims, claims[::-1]) * 3])
    assert sum(counts) == 200
