"""The maintenance chores: which rows each takes and leaves, and that two at the same time do no harm."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from db.pool import Conn, Pool
from jobs import controls, maintenance
from jobs.ledger import ChangedJob
from jobs.outcomes import Failed, Retry
from tests import seeds
from tests.jobs import scene
from tests.jobs.scene import TEST_JOB, UNCAPPED_JOB
from tests.waiting import PATIENCE_S, eventually

FUTURE = datetime.max.replace(tzinfo=UTC)


async def rescue(conn: Conn) -> list[ChangedJob]:
    return await maintenance.rescue_lost_jobs(conn, before=FUTURE)


async def insert_lost_job(conn: Conn, org: UUID, **changes: Any) -> UUID:
    """Insert a job with a dead worker; `changes` are columns of its row."""
    claim = await scene.start_job(conn, org)
    await scene.expire_lease(conn, claim)
    for column, value in changes.items():
        await conn.execute(f"update job set {column} = $2 where id = $1", claim.id, value)
    return claim.id


async def test_a_lost_job_goes_back_into_its_line(pool: Pool, conn: Conn, org: UUID) -> None:
    """Not under a valid lease, after a gap of the clock, or while a session has locked it."""
    claim = await scene.start_job(conn, org)
    assert await rescue(conn) == []
    await scene.expire_lease(conn, claim)
    past = await conn.fetchval("select now() - interval '1 millisecond'")
    assert await maintenance.rescue_lost_jobs(conn, before=past) == []
    async with pool.acquire() as other, other.transaction():
        await other.execute("select from job where id = $1 for update", claim.id)
        assert await rescue(conn) == []
    [moved] = await rescue(conn)
    row = await scene.row(conn, claim.id)
    assert (moved.id, moved.state, moved.has_ended) == (claim.id, "queued", False)
    assert (row["stage"], row["crashes"], row["attempt"], row["lease_owner"]) == ("queued", 1, 1, None)
    assert await scene.list_attempts(conn, claim.id) == ["lost"]
    assert len(await scene.pull(conn, await scene.worker(conn))) == 1


async def test_a_job_of_a_worker_without_a_row_is_lost(conn: Conn, org: UUID) -> None:
    await scene.start_job(conn, org)
    await conn.execute("delete from worker")
    assert len(await rescue(conn)) == 1


PAST = datetime(2020, 1, 1, tzinfo=UTC)
#: Columns of lost jobs, with their end.
LOST: list[tuple[dict[str, Any], str, str | None]] = [
    ({"crashes": 2}, "failed", "POISONED"),
    ({"attempt": 3}, "failed", "WORKER_LOST"),
    ({"deadline_at": PAST}, "failed", "DEADLINE"),
    ({"cancel_requested_at": PAST}, "canceled", None),
    ({"cancel_requested_at": PAST, "crashes": 2}, "canceled", None),
]


async def test_a_lost_job_without_attempts_left_ends(conn: Conn, org: UUID) -> None:
    for changes, state, code in LOST:
        job_id = await insert_lost_job(conn, org, **changes)
        [moved] = await rescue(conn)
        row = await scene.row(conn, job_id)
        assert (moved.state, row["state"], row["stage"], moved.has_ended) == (state, state, state, True), changes
        assert (moved.error or {}).get("code") == (row["error"] or {}).get("code") == code
        assert row["finished_at"] is not None


async def insert_late_job(conn: Conn, org: UUID, by_s: float = 60, **changes: Any) -> UUID:
    """Insert a job with an expired attempt and a living worker."""
    claim = await scene.start_job(conn, org)
    ended_at = datetime.now(UTC) - timedelta(seconds=by_s)
    for column, value in ({"attempt_deadline_at": ended_at} | changes).items():
        await conn.execute(f"update job set {column} = $2 where id = $1", claim.id, value)
    return claim.id


async def test_an_attempt_past_its_time_is_taken_from_a_worker_that_renews(conn: Conn, org: UUID) -> None:
    """It counts as timed out, not as a lost worker."""
    job_id = await insert_late_job(conn, org)
    [moved] = await rescue(conn)
    row = await scene.row(conn, job_id)
    assert (moved.state, row["crashes"], row["attempt"], row["lease_owner"]) == ("queued", 0, 1, None)
    assert await scene.list_attempts(conn, job_id) == ["retry"]
    error = await conn.fetchval("select error->>'code' from job_attempt where job_id = $1", job_id)
    assert error == "TIMEOUT"


async def test_an_attempt_just_past_its_time_is_left_to_its_worker(conn: Conn, org: UUID) -> None:
    await insert_late_job(conn, org, by_s=0.1)
    assert await rescue(conn) == []


#: Columns of late jobs, with their next state. The last one stays in its line.
LATE: list[tuple[dict[str, Any], str, str | None]] = [
    ({"attempt": 3}, "failed", "TIMEOUT"),
    ({"deadline_at": PAST}, "failed", "DEADLINE"),
    ({"cancel_requested_at": PAST}, "canceled", None),
    ({"crashes": 2}, "queued", None),
]


async def test_an_attempt_past_its_time_may_be_the_last(conn: Conn, org: UUID) -> None:
    for changes, state, code in LATE:
        job_id = await insert_late_job(conn, org, **changes)
        [moved] = await rescue(conn)
        assert (moved.state, (await scene.row(conn, job_id))["state"]) == (state, state), changes
        assert (moved.error or {}).get("code") == code


async def test_a_silent_session_that_holds_a_late_attempt_is_ended(pool: Pool, conn: Conn, org: UUID) -> None:
    """A session without a late attempt is left alone, however long it is idle between two statements."""
    job_id, other = await insert_late_job(conn, org), (await scene.submit(conn, org)).job_id
    async with pool.acquire() as silent, pool.acquire() as patient, patient.transaction():
        await patient.execute("select from job where id = $1 for no key update", other)
        hung_up = asyncio.Event()
        silent.add_termination_listener(lambda _: hung_up.set())
        await silent.execute("begin")
        await silent.execute("select from job where id = $1 for no key update", job_id)

        async def ended() -> bool:
            return await maintenance.terminate_stuck_sessions(conn, before=FUTURE, patience_s=0.1) == 1

        await eventually(ended)
        # The connection can't be returned before its driver has noticed the end.
        await asyncio.wait_for(hung_up.wait(), PATIENCE_S)
        await patient.execute("select")
    assert len(await rescue(conn)) == 1


async def test_two_concurrent_rescues_take_each_job_once(pool: Pool, conn: Conn) -> None:
    await scene.add_huge_worker(conn)
    orgs = await scene.tenants(conn, 20)
    await scene.insert_due_jobs(conn, orgs, 5)
    await scene.pull(conn, await scene.worker(conn), 100)
    await conn.execute("update worker set lease_expires_at = now() - interval '1 second'")

    async def once() -> list[ChangedJob]:
        async with pool.acquire() as own:
            return await rescue(own)

    moved = [row for rows in await asyncio.gather(once(), once(), once()) for row in rows]
    assert len(moved) == len({row.id for row in moved}) == 100
    assert await conn.fetchval("select sum(crashes) from job") == 100


async def test_a_scheduled_job_is_promoted_when_due(conn: Conn, org: UUID) -> None:
    soon = await scene.submit(conn, org, run_at=datetime.now(UTC) + timedelta(hours=1))
    later = await scene.submit(conn, org, run_at=datetime.now(UTC) + timedelta(hours=2))
    assert await maintenance.promote_scheduled_jobs(conn) == 0
    await conn.execute("update job set run_at = now() where id = $1", soon.job_id)
    assert await maintenance.promote_scheduled_jobs(conn) == 1
    assert [claim.id for claim in await scene.pull(conn, await scene.worker(conn))] == [soon.job_id]
    assert (await scene.row(conn, later.job_id))["stage"] == "scheduled"


async def test_a_waiting_job_past_its_deadline_fails(conn: Conn, org: UUID) -> None:
    waiting = await scene.submit(conn, org)
    scheduled = await scene.submit(conn, org, run_at=datetime.now(UTC) + timedelta(hours=1))
    running = await scene.start_job(conn, org, UNCAPPED_JOB)
    assert await maintenance.fail_queued_jobs_past_deadline(conn) == []
    await conn.execute("update job set deadline_at = now()")
    moved = await maintenance.fail_queued_jobs_past_deadline(conn)
    assert {row.id for row in moved} == {waiting.job_id, scheduled.job_id}
    assert {(row.state, (row.error or {})["code"]) for row in moved} == {("failed", "DEADLINE")}
    assert (await scene.row(conn, running.id))["state"] == "running"


async def insert_ended_job(conn: Conn, org: UUID, days: int, **fields: Any) -> UUID:
    """Insert a job that failed `days` ago: a completed one would keep no row of its attempt."""
    claim = await scene.start_job(conn, org, **fields)
    await scene.settle(conn, [claim], Failed("BROKEN", "it broke"))
    await conn.execute("update job set finished_at = now() - make_interval(days => $2) where id = $1", claim.id, days)
    return claim.id


async def test_jobs_are_kept_for_thirty_days_with_their_attempts(conn: Conn, org: UUID) -> None:
    young, _ = await insert_ended_job(conn, org, 29), await insert_ended_job(conn, org, 31)
    await scene.submit(conn, org)
    assert await maintenance.prune_ended_jobs(conn) == 1
    assert await conn.fetchval("select count(*) from job") == 2
    assert [row["job_id"] for row in await conn.fetch("select job_id from job_attempt")] == [young]


POINTERS = [
    """insert into ingest (organization_id, project_id, source, job_id, status, completed_at)
       values ($1, $2, 'website', $3, 'completed', now())""",
    """insert into brand_source (organization_id, project_id, source, fields, job_id)
       values ($1, $2, 'website', '{}', $3)""",
    """update project set status = 'archived', archived_at = now(), archive_job_id = $3
        where organization_id = $1 and id = $2""",
]


async def test_a_referenced_job_is_kept(conn: Conn, org: UUID) -> None:
    project_id = await seeds.project(conn, org)
    named = [await insert_ended_job(conn, org, 31, project_id=project_id) for _ in POINTERS]
    await insert_ended_job(conn, org, 31, project_id=project_id)
    for pointer, job_id in zip(POINTERS, named, strict=True):
        await conn.execute(pointer, org, project_id, job_id)
    assert await maintenance.prune_ended_jobs(conn) == 1
    assert {row["id"] for row in await conn.fetch("select id from job")} == {*named}


async def test_rows_of_dead_workers_are_deleted_once_unreferenced(conn: Conn, org: UUID) -> None:
    await scene.start_job(conn, org)
    await scene.worker(conn)
    await conn.execute("update worker set lease_expires_at = now() - interval '2 hours'")
    assert await maintenance.prune_dead_workers_without_jobs(conn) == 1
    await rescue(conn)
    assert await maintenance.prune_dead_workers_without_jobs(conn) == 1
    assert await conn.fetchval("select count(*) from worker") == 0


async def test_find_due_returns_pools_with_due_work(conn: Conn, org: UUID) -> None:
    at, due = await maintenance.find_due_pools(conn)
    assert (due, at.tzinfo) == ([], UTC)
    await scene.submit(conn, org, run_at=datetime.now(UTC) + timedelta(hours=1))
    claim = await scene.start_job(conn, org, UNCAPPED_JOB)
    await scene.settle(conn, [claim], Retry("X", "x", after_s=4))
    assert (await maintenance.find_due_pools(conn))[1] == []
    submitted = await scene.submit(conn, org)
    [due_now] = (await maintenance.find_due_pools(conn))[1]
    assert (due_now.pool, due_now.kind, due_now.job_id) == ("ingest", "run_errand", submitted.job_id)
    await conn.execute("update pool set paused = true where name = 'ingest'")
    assert (await maintenance.find_due_pools(conn))[1] == []


async def test_find_due_shows_that_a_worker_pulls(conn: Conn) -> None:
    orgs = await scene.tenants(conn, 2)
    await scene.insert_due_jobs(conn, orgs, 3)
    worker = await scene.worker(conn)
    seen = []
    for _ in range(3):
        seen += (await maintenance.find_due_pools(conn))[1]
        await scene.pull(conn, worker, 1)
    assert len(set(seen)) == 3


async def test_a_canceled_project_is_canceled_in_batches(conn: Conn, org: UUID) -> None:
    project_id, other = await seeds.project(conn, org), await seeds.project(conn, org)
    running = await scene.start_job(conn, org, project_id=project_id)
    for _ in range(5):
        await scene.submit(conn, org, project_id=project_id)
    kept = await scene.submit(conn, org, project_id=other)
    finishes = await scene.submit(conn, org, UNCAPPED_JOB, project_id=project_id)

    async def batch() -> list[str]:
        moved = await controls.cancel_batch_of_project_jobs(
            conn, organization_id=org, project_id=project_id, kinds=[TEST_JOB.name], limit=4
        )
        return sorted(row.state for row in moved)

    assert [await batch() for _ in range(3)] == [["canceled"] * 3 + ["running"], ["canceled"] * 2, []]
    assert (await scene.row(conn, running.id))["cancel_requested_at"] is not None
    for untouched in (kept, finishes):
        assert (await scene.row(conn, untouched.job_id))["state"] == "queued"
