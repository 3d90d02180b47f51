"""Submitter: a repeated request is the same job, and the tally reads each job's effects."""

from functools import partial
from itertools import islice

from bench import backlog
from db.pool import Pool, transact
from rehearsal import tally
from rehearsal.load import errands
from rehearsal.submitter import submit
from tests import seeds


async def test_an_errand_that_is_asked_again_is_one_job(pool: Pool) -> None:
    async with pool.acquire() as conn:
        tenants = [await seeds.organization(conn) for _ in range(2)]
    for errand in islice(errands(1, tenants), 30):
        asked = [await transact(pool, partial(submit, errand)) for _ in range(2)]
        assert asked[0][0] == asked[1][0]
    keys = await pool.fetch("select count(*) from job group by args ->> 'key'")
    assert {row["count"] for row in keys} == {1}


async def test_the_tally_reads_each_job_with_its_effects(pool: Pool) -> None:
    async with pool.acquire() as conn:
        tenants = [await seeds.organization(conn)]
    await pool.execute(backlog.EFFECTS)
    accepted = {
        errand.key: (await transact(pool, partial(submit, errand)))[0]
        for errand in islice(errands(1, tenants), 30)
    }
    await pool.execute("insert into bench_effect select id, 1 from job, generate_series(1, 2)")
    found = await tally.read(pool)
    assert {(job.state, job.rows) for job in found} == {("queued", 2)}
    assert {job.id for job in found} == {*accepted.values()}
    counted = tally.tally(found, accepted, {})
    assert counted.accepted == counted.open == len(found)
