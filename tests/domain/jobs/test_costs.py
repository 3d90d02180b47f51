"""Costs of a job's and a post's steps: statements and written rows.

Timelines are read from these rows, wait reasons from these tables, and webhooks are emitted by triggers: for
an organization without an endpoint none of them writes a row or adds a round trip.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

from db.pool import Conn, Pool
from domain.jobs import jobs
from jobs.kinds import INGEST_WEBSITE_KIND
from jobs.ledger import AttemptSettlement
from jobs.outcomes import Done
from tests.domain.project import Project
from tests.domain.publishing import post_scene as scene
from tests.jobs import scene as job_scene
from tests.statements import counted

#: Records each row written in the database from then on.
NOTE = """
create table written (name text not null, what text not null);
create function note_written() returns trigger language plpgsql as $$
begin
    insert into written values (tg_table_name, lower(tg_op));
    return null;
end $$;
do $$
declare
    name text;
begin
    for name in select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
                                              and relname <> 'written' loop
        execute format('create trigger note_written after insert or update or delete on %I
                        for each row execute function note_written()', name);
    end loop;
end $$
"""


class Cost(NamedTuple):
    """`statements` are round trips, except for a transaction's begin and commit."""

    statements: dict[str, int]
    rows: dict[str, int]


@asynccontextmanager
async def costing(pool: Pool) -> AsyncIterator[Callable[[], Awaitable[Cost]]]:
    """Measure the cost of the block after its end."""
    await pool.execute("delete from written")

    async def cost() -> Cost:
        rows = await pool.fetch("select what || ' ' || name as row, count(*) from written group by 1")
        return Cost(dict(seen), {row["row"]: row["count"] for row in rows})

    with counted() as seen:
        yield cost


#: Costs of one job, and of one post, from the request to the end.
COSTS = {
    # The first due job of a tenant and kind opens a line.
    "submit": Cost({"submit_job": 1}, {"insert job": 1, "insert queued_kind": 1}),
    # The pool's rotor.
    "pull": Cost({"claim_jobs": 1}, {"update job": 1, "update pool": 1}),
    "settle": Cost({"settle_jobs": 1, "end_ingests": 1}, {"update job": 1}),
    "take": Cost({"read_post": 1, "take_head": 1}, {"update job": 1, "update social_account": 1}),
    "mark": Cost(
        {"read_post": 1, "mark_sending": 1},
        {"update job": 1, "update scheduled_post": 1, "insert account_send": 1, "insert post_event": 1},
    ),
    "publish": Cost(
        {"publish_post": 1},
        {"update job": 1, "update social_account": 1, "update scheduled_post": 1, "insert post_event": 1},
    ),
}


async def test_a_jobs_steps_cost_no_more(conn: Conn, pool: Pool, project: Project) -> None:
    await pool.execute(NOTE)
    found = dict[str, Cost]()
    worker_id = await job_scene.worker(conn, INGEST_WEBSITE_KIND)
    async with costing(pool) as cost:
        await job_scene.submit(conn, project.org, INGEST_WEBSITE_KIND, project_id=project.id)
    found["submit"] = await cost()
    async with costing(pool) as cost:
        [claim] = await job_scene.pull(conn, worker_id, 1, INGEST_WEBSITE_KIND)
    found["pull"] = await cost()
    async with costing(pool) as cost:
        await jobs.settle_jobs_and_subjects(pool, [AttemptSettlement(claim, Done({}))])
    found["settle"] = await cost()
    assert found == {name: COSTS[name] for name in found}


async def test_a_posts_steps_cost_no_more(conn: Conn, pool: Pool, project: Project) -> None:
    await scene.schedule(conn, await scene.fill(conn, project, accounts=1))
    [claim] = await scene.pull(conn)
    await pool.execute(NOTE)
    found = dict[str, Cost]()
    for name, step in (("take", scene.take), ("mark", scene.mark), ("publish", scene.publish)):
        if name == "mark":
            await scene.prepare(conn)
        async with costing(pool) as cost:
            await step(pool, claim)
        found[name] = await cost()
    assert found == {name: COSTS[name] for name in found}


async def test_50_targets_take_no_more_statements_than_one(conn: Conn, project: Project) -> None:
    """And make one job and one post for each."""
    project = await scene.fill(conn, project, 50)
    one = project._replace(account_ids=project.account_ids[:1])
    with counted() as alone:
        await scene.schedule(conn, one)
    with counted() as together:
        post_ids = await scene.schedule(conn, project)
    assert 1 < together.total() <= alone.total()
    rows = await conn.fetch(
        """select p.id, p.social_account_id, j.args from scheduled_post p join job j on j.id = p.job_id
            where p.id = any($1::uuid[]) order by j.id""",
        post_ids,
    )
    assert [row["id"] for row in rows] == post_ids
    assert [row["social_account_id"] for row in rows] == project.account_ids
    assert [row["args"]["post_id"] for row in rows] == [str(post_id) for post_id in post_ids]
