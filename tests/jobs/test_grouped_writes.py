"""Writes that commit with the completions of many jobs: only completed jobs write, each once."""

import asyncio
from uuid import UUID

import pytest

from db.pool import Conn, Pool
from db.queries import Query
from domain.jobs import jobs
from jobs.ledger import AttemptSettlement, JobClaim
from jobs.outcomes import Done, JobWrite
from schemas.errors import GroupedWriteFailed
from tests.jobs import scene

pytestmark = pytest.mark.usefixtures("effects")

INSERT_EFFECT = Query("insert_effect", "insert into effect (job_id, fence) values (:job_id, :fence)")
COUNT_EFFECT = Query("count_effect", "update effect_count set effects = effects + 1 where organization_id = :org")


@pytest.fixture
async def effects(conn: Conn, org: UUID) -> None:
    await conn.execute("create table effect (job_id uuid primary key, fence bigint)")
    await conn.execute("create table effect_count (organization_id uuid primary key, effects int)")
    await conn.execute("insert into effect_count values ($1, 0)", org)


def settlement_with_writes(claim: JobClaim) -> AttemptSettlement:
    writes = [
        JobWrite(INSERT_EFFECT, {"job_id": claim.id, "fence": claim.fence}),
        JobWrite(COUNT_EFFECT, {"org": claim.organization_id}),
    ]
    return AttemptSettlement(claim, Done({"n": 1}, writes))


async def start_jobs(conn: Conn, org: UUID, count: int) -> list[JobClaim]:
    await scene.add_huge_worker(conn)
    await scene.insert_due_jobs(conn, [org], count)
    return await scene.pull(conn, await scene.worker(conn), count)


async def read_effects(conn: Conn) -> tuple[set[UUID], int]:
    """Return the jobs with an effect, and the count of effects."""
    rows = await conn.fetch("select job_id from effect")
    return {row["job_id"] for row in rows}, await conn.fetchval("select effects from effect_count")


async def test_completed_jobs_write_once_and_others_never(conn: Conn, pool: Pool, org: UUID) -> None:
    claims = await start_jobs(conn, org, 5)
    fenced, canceled, *fine = claims
    await conn.execute("update job set fence = fence + 1 where id = $1", fenced.id)
    await conn.execute("update job set cancel_requested_at = now() where id = $1", canceled.id)
    changed = await jobs.settle_jobs_and_subjects(pool, [settlement_with_writes(claim) for claim in claims])
    expected_states = {canceled.id: "canceled", **{claim.id: "completed" for claim in fine}}
    assert {row.id: row.state for row in changed} == expected_states
    assert await read_effects(conn) == ({claim.id for claim in fine}, 3)
    # The response was lost: the same settlement again finds no running attempt.
    assert await jobs.settle_jobs_and_subjects(pool, [settlement_with_writes(claim) for claim in claims]) == []
    assert await read_effects(conn) == ({claim.id for claim in fine}, 3)


async def test_a_failing_write_undoes_its_whole_batch(conn: Conn, pool: Pool, org: UUID) -> None:
    claims = await start_jobs(conn, org, 3)
    await conn.execute("insert into effect values ($1, 9)", claims[1].id)
    with pytest.raises(GroupedWriteFailed):
        await jobs.settle_jobs_and_subjects(pool, [settlement_with_writes(claim) for claim in claims])
    assert await conn.fetchval("select count(*) from job where state = 'running'") == 3
    assert await read_effects(conn) == ({claims[1].id}, 0)


async def test_settlements_of_the_same_attempts_write_once(conn: Conn, pool: Pool, org: UUID) -> None:
    claims = await start_jobs(conn, org, 5)
    orders = [claims, claims[::-1], claims[2:], claims[:3]]
    await asyncio.gather(
        *[jobs.settle_jobs_and_subjects(pool, [settlement_with_writes(claim) for claim in one]) for one in orders]
    )
    assert await read_effects(conn) == ({claim.id for claim in claims}, 5)
