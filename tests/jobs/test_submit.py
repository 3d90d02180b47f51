"""Effects and refusals of a submit."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from db.pool import Conn, Pool
from jobs.ledger import WakeMessage
from jobs.outcomes import Retry
from schemas.errors import LimitReached
from tests import seeds
from tests.jobs import scene
from tests.jobs.scene import INTERNAL_JOB, TEST_JOB, UNCAPPED_JOB


async def test_a_job_waits_in_its_line(conn: Conn, org: UUID) -> None:
    submitted = await scene.submit(conn, org, args={"page": 1})
    row = await scene.row(conn, submitted.job_id)
    assert submitted.wake == WakeMessage("ingest", "run_errand", submitted.job_id)
    assert (submitted.fresh, submitted.stage, submitted.created_at) == (True, "queued", row["created_at"])
    assert (row["state"], row["attempt"], row["fence"], row["args"]) == ("queued", 0, 0, {"page": 1})
    assert row["deadline_at"] - row["run_at"] == timedelta(seconds=TEST_JOB.total_s)


async def test_only_the_first_job_of_a_line_gets_a_wake(conn: Conn, org: UUID) -> None:
    wakes = [(await scene.submit(conn, org)).wake for _ in range(3)]
    other = await scene.submit(conn, org, UNCAPPED_JOB)
    assert [wake is not None for wake in wakes] == [True, False, False]
    assert other.wake is not None  # It is first in another pool.


async def test_a_line_with_a_delayed_head_gets_a_wake(conn: Conn, org: UUID) -> None:
    claim = await scene.start_job(conn, org)
    await scene.settle(conn, [claim], Retry("X", "x", after_s=3))
    assert (await scene.submit(conn, org)).wake is not None


async def test_a_scheduled_job_is_outside_of_the_line_and_gets_no_wake(conn: Conn, org: UUID) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    submitted = await scene.submit(conn, org, run_at=later)
    row = await scene.row(conn, submitted.job_id)
    assert (submitted.stage, submitted.wake) == ("scheduled", None)
    assert (row["run_at"], row["deadline_at"]) == (later, later + timedelta(seconds=TEST_JOB.total_s))
    assert await scene.pull(conn, await scene.worker(conn)) == []


async def test_a_foreign_project_is_refused_by_the_database(conn: Conn) -> None:
    acme, rival = await scene.tenants(conn, 2)
    project_id = await seeds.project(conn, acme)
    assert (await scene.submit(conn, acme, project_id=project_id)).fresh
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await scene.submit(conn, rival, project_id=project_id)


async def test_a_key_finds_the_job_that_has_not_ended(conn: Conn, org: UUID) -> None:
    first = await scene.submit(conn, org, unique_key="shop")
    again = await scene.submit(conn, org, unique_key="shop")
    assert (again.job_id, again.fresh, again.wake) == (first.job_id, False, None)
    [claim] = await scene.pull(conn, await scene.worker(conn))
    assert not (await scene.submit(conn, org, unique_key="shop")).fresh
    await scene.settle(conn, [claim])
    assert (await scene.submit(conn, org, unique_key="shop")).fresh


async def test_a_key_belongs_to_its_tenant(conn: Conn) -> None:
    acme, rival = await scene.tenants(conn, 2)
    first = await scene.submit(conn, acme, unique_key="shop")
    second = await scene.submit(conn, rival, unique_key="shop")
    assert second.fresh
    assert second.job_id != first.job_id


async def test_one_of_many_submits_of_a_key_creates_the_job(pool: Pool, conn: Conn, org: UUID) -> None:
    async def once() -> tuple[UUID, bool]:
        async with pool.acquire() as own:
            submitted = await scene.submit(own, org, unique_key="shop")
            return submitted.job_id, submitted.fresh

    answers = await asyncio.gather(*[once() for _ in range(20)])
    assert len({job_id for job_id, _ in answers}) == 1
    assert sum(fresh for _, fresh in answers) == 1


async def test_submit_that_waited_for_its_keys_job_makes_a_new_one(pool: Pool, conn: Conn, org: UUID) -> None:
    async with pool.acquire() as other:
        transaction = other.transaction()
        await transaction.start()
        first = await scene.submit(other, org, unique_key="shop")
        waiting = await scene.start_blocked(pool, scene.submit(conn, org, unique_key="shop"))
        await other.execute(
            "update job set state = 'canceled', stage = 'canceled', finished_at = now() where id = $1", first.job_id
        )
        await transaction.commit()
    second = await waiting
    assert second.fresh
    assert second.job_id != first.job_id


async def test_over_the_cap_of_its_tier_a_tenant_must_wait(conn: Conn) -> None:
    full, other = await scene.tenants(conn, 2)
    await scene.insert_due_jobs(conn, [full], 999)
    assert (await scene.submit(conn, full, unique_key="last")).fresh
    with pytest.raises(LimitReached) as refused:
        await scene.submit(conn, full)
    assert refused.value.retry_after == 10
    assert not (await scene.submit(conn, full, unique_key="last")).fresh  # An existing job, not a new one.
    assert (await scene.submit(conn, other)).fresh


async def test_running_and_internal_jobs_count_in_no_cap(conn: Conn, org: UUID) -> None:
    await scene.insert_due_jobs(conn, [org], 1000)
    assert (await scene.submit(conn, org, INTERNAL_JOB)).fresh
    assert (await scene.submit(conn, org, UNCAPPED_JOB)).fresh
    assert (await scene.submit(conn, org, run_at=datetime.now(UTC) + timedelta(hours=1))).fresh
