"""The cap on a tenant's waiting jobs is exact, though few submits count the whole line."""

import random
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from db.pool import Conn
from jobs import ledger
from jobs.ledger import NewJob
from jobs.outcomes import Retry, Snooze
from schemas import ids
from schemas.errors import LimitReached
from tests.jobs import scene
from tests.jobs.scene import TEST_JOB

CAP = 150

WAITING = """
select count(*) from job
 where organization_id = $1 and pool = 'ingest' and state = 'queued' and stage <> 'scheduled'"""

MEASURED = "select coalesce(pg_stat_get_xact_function_calls('measure_line'::regproc), 0)"


async def submit(conn: Conn, org: UUID, jobs: int, *, grouped: bool = False) -> bool:
    """Submit the jobs; return whether they were accepted. A single job uses `submit`, or its grouped form."""
    try:
        if jobs == 1 and grouped:
            new = NewJob(ids.new_uuid7(), TEST_JOB, org, None, {})
            return await ledger.submit_jobs_of_tenants(conn, [new]) != [None]
        if jobs == 1:
            await scene.submit(conn, org)
        else:
            await ledger.submit_jobs(
                conn, kind=TEST_JOB, organization_id=org, project_id=None, args=[{}] * jobs, run_ats=[None] * jobs
            )
    except LimitReached:
        return False
    return True


async def change_line(conn: Conn, org: UUID, dice: random.Random) -> None:
    """Take jobs from the line: some return to its end, some are canceled in its middle."""
    worker_id = await scene.worker(conn)
    claims = await scene.pull(conn, worker_id, dice.randint(1, 40))
    dice.shuffle(claims)
    back = dice.randint(0, len(claims))
    await scene.settle(conn, claims[:back], Retry("X", "x", after_s=0) if dice.random() < 0.5 else Snooze(0))
    await scene.settle(conn, claims[back:])
    for job_id in await conn.fetch("select id from job where state = 'queued' order by random() limit 3"):
        await scene.cancel(conn, org, job_id["id"])


async def check_submits(conn: Conn, org: UUID, dice: random.Random) -> None:
    for _ in range(dice.randint(1, 60)):
        jobs = dice.choice([1] * 12 + [dice.randint(2, 80)])
        waiting = await conn.fetchval(WAITING, org)
        assert await submit(conn, org, jobs, grouped=dice.random() < 0.5) == (waiting + jobs <= CAP), (
            f"{jobs} behind {waiting}"
        )


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in (1, 2, 3))])
async def test_a_job_is_refused_exactly_when_the_line_is_full(conn: Conn, seed: int) -> None:
    dice, [org] = random.Random(seed), await scene.tenants(conn, tier="partner")
    await conn.execute("update pool_cap set max_queued = $1 where pool = 'ingest'", CAP)
    verbs: list[Callable[[Conn, UUID, random.Random], Awaitable[None]]] = [check_submits, change_line]
    for _ in range(40):
        await dice.choice(verbs)(conn, org, dice)


@pytest.mark.parametrize("grouped", [False, True])
async def test_only_a_nonempty_line_is_counted(conn: Conn, *, grouped: bool) -> None:
    [org] = await scene.tenants(conn)
    async with conn.transaction():
        await conn.execute("set local track_functions = 'pl'")
        before, measured = await conn.fetchval(MEASURED), []
        for _ in range(3):
            assert await submit(conn, org, 1, grouped=grouped)
            measured.append(await conn.fetchval(MEASURED) - before)
    assert measured == [0, 1, 2]
