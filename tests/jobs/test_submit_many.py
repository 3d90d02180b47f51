"""Many jobs submitted in one statement: as if one by one, all or none."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from itertools import product
from typing import Any, TypeAlias
from uuid import UUID

import pytest

from db.pool import Conn
from jobs import ledger
from jobs.kinds import JobKindSpec
from schemas.errors import LimitReached
from tests.jobs import scene
from tests.jobs.scene import INTERNAL_JOB, TEST_JOB, UNCAPPED_JOB

#: The jobs in the submitted order, and the indexes of those with a wake; None: over the cap.
Made: TypeAlias = tuple[list[tuple[Any, ...]], list[int]] | None
Submit: TypeAlias = Callable[[Conn, UUID, JobKindSpec, Sequence[datetime | None]], Awaitable[tuple[list[UUID], Any]]]

ROWS = """
select j.kind, j.pool, j.internal, j.cancelable, j.max_attempts, j.stage, j.state, j.args, j.project_id,
       j.run_at, j.deadline_at
  from job j where j.id = any($1) order by array_position($1, j.id)"""


async def submit_together(conn: Conn, org: UUID, kind: JobKindSpec, times: Sequence[datetime | None]) -> Any:
    args = [{"place": place} for place in range(len(times))]
    common: dict[str, Any] = {"kind": kind, "organization_id": org, "project_id": None}
    return await ledger.submit_jobs(conn, **common, args=args, run_ats=times)


async def one_by_one(conn: Conn, org: UUID, kind: JobKindSpec, times: Sequence[datetime | None]) -> Any:
    made = [await scene.submit(conn, org, kind, args={"place": place}, run_at=at) for place, at in enumerate(times)]
    return [one.job_id for one in made], [one.wake for one in made if one.wake]


async def outcome(conn: Conn, org: UUID, submit: Submit, kind: JobKindSpec, times: Sequence[datetime | None]) -> Made:
    before = await conn.fetchval("select count(*) from job")
    try:
        async with conn.transaction():
            made, wakes = await submit(conn, org, kind, times)
    except LimitReached:
        assert await conn.fetchval("select count(*) from job") == before
        return None
    assert {(wake.pool, wake.kind) for wake in wakes} <= {(kind.pool, kind.name)}
    sent = [made.index(wake.job_id) for wake in wakes]
    return [tuple(row) for row in await conn.fetch(ROWS, made)], sent


@pytest.mark.parametrize("kind", [TEST_JOB, UNCAPPED_JOB, INTERNAL_JOB], ids=lambda kind: kind.name)
@pytest.mark.parametrize("waiting", range(4))
async def test_submit_many_equals_single_submits(conn: Conn, org: UUID, kind: JobKindSpec, waiting: int) -> None:
    """Up to a cap of three waiting jobs, from below it to above."""
    await conn.execute("update pool_cap set max_queued = 3")
    await scene.insert_due_jobs(conn, [org], waiting, kind)
    for count in range(5):
        for hours in product([None, -1, 1], repeat=count) if count < 4 else [(None,) * 4, (1,) * 4]:
            seen = []
            for submit in (one_by_one, submit_together):
                transaction = conn.transaction()
                await transaction.start()
                now = await conn.fetchval("select now()")
                times = [None if each is None else now + timedelta(hours=each) for each in hours]
                made = await outcome(conn, org, submit, kind, times)
                await transaction.rollback()
                seen.append(made and ([(*row[:-2], row[-2] - now, row[-1] - now) for row in made[0]], made[1]))
            assert seen[0] == seen[1], hours
