"""Submitter: a repeated request is the same job, and the tally reads each job's effects."""

from functools import partial
from itertools import islice

from chaos import backlog
from chaos.rehearsal import tally
from chaos.rehearsal.load import generate_rehearsal_job_specs
from chaos.rehearsal.submitter import submit_job_idempotently
from db.pool import Pool, run_in_transaction
from tests import seeds


async def test_repeated_request_is_one_job(pool: Pool) -> None:
    async with pool.acquire() as conn:
        tenants = [await seeds.organization(conn) for _ in range(2)]
    for job_spec in islice(generate_rehearsal_job_specs(1, tenants), 30):
        responses = [await run_in_transaction(pool, partial(submit_job_idempotently, job_spec)) for _ in range(2)]
        assert responses[0][0] == responses[1][0]
    keys = await pool.fetch("select count(*) from job group by args ->> 'key'")
    assert {row["count"] for row in keys} == {1}


async def test_read_returns_each_job_with_its_effects(pool: Pool) -> None:
    async with pool.acquire() as conn:
        tenants = [await seeds.organization(conn)]
    await pool.execute(backlog.CREATE_BENCH_TABLE)
    accepted = {
        job_spec.key: (await run_in_transaction(pool, partial(submit_job_idempotently, job_spec)))[0]
        for job_spec in islice(generate_rehearsal_job_specs(1, tenants), 30)
    }
    await pool.execute("insert into bench_effect select id, 1 from job, generate_series(1, 2)")
    rows = await tally.read_rehearsed_jobs(pool)
    assert {(job.state, job.rows) for job in rows} == {("queued", 2)}
    assert {job.id for job in rows} == {*accepted.values()}
    counted = tally.tally_rehearsed_jobs(rows, accepted, {})
    assert counted.accepted == counted.open == len(rows)
