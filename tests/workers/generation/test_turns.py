"""Turns in the pool for content: a tenant at its cap waits, another tenant's jobs run."""

import asyncio
from dataclasses import replace
from uuid import UUID

from db.pool import Pool
from jobs.kinds import CONTENT_GENERATE
from jobs.outcomes import Done, Outcome
from tests import seeds
from tests.workers.runtime.workers import Workers
from workers.runtime.context import Context


async def test_a_tenant_at_its_cap_waits_and_another_runs(workers: Workers, pool: Pool) -> None:
    await pool.execute("update pool_cap set max_running = 2 where pool = $1", CONTENT_GENERATE.pool)
    async with pool.acquire() as conn:
        other = await seeds.organization(conn)
    begun, most = asyncio.Queue[UUID](), 0
    running: set[UUID] = set()
    go = asyncio.Event()

    async def make(ctx: Context) -> Outcome:
        nonlocal most
        if ctx.job.organization_id == other:
            return Done({})
        running.add(ctx.job.id)
        most = max(most, len(running))
        begun.put_nowait(ctx.job.id)
        await go.wait()
        running.discard(ctx.job.id)
        return Done({})

    mine = [await workers.submit(kind=CONTENT_GENERATE) for _ in range(6)]
    async with workers.working(make, kind=CONTENT_GENERATE):
        await begun.get()
        await begun.get()
        its = await replace(workers, org=other).submit(kind=CONTENT_GENERATE)
        await workers.ended(its)
        assert len(running) == 2
        go.set()
        for job_id in mine:
            await workers.ended(job_id)
    assert most == 2
