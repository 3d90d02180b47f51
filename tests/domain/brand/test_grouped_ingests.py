"""Starts of ingests in one statement: each as in a transaction of its own, with its record, or without any row."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from db.pool import Conn, Pool
from domain.brand import ingests
from domain.brand.ingests import NewIngest
from domain.tenancy import idempotency, project_locks
from domain.tenancy.idempotency import IdempotencyKeyUse, IdempotencyRecord
from jobs.kinds import INGEST_GITHUB_KIND, INGEST_WEBSITE_KIND
from jobs.ledger import SubmittedJob
from schemas import ids
from schemas.errors import LimitReached
from tests import seeds
from tests.domain import project as verbs
from tests.domain.project import Project
from tests.jobs import scene

PAGE: dict[str, Any] = {"url": "https://example.com/", "follow_links": False, "max_pages": 1}

#: A database's rows of ingests, without ids and times of the run.
ROWS = """
select to_jsonb(j) - '{id,created_at,run_at,deadline_at}'::text[], j.run_at = now(), j.deadline_at - j.run_at,
       to_jsonb(i) - 'job_id'
  from job j join ingest i on i.job_id = j.id
 order by j.organization_id, j.project_id, i.source"""


@pytest_asyncio.fixture
async def projects(conn: Conn) -> list[Project]:
    """Create projects of three partners."""
    orgs = [await seeds.organization(conn) for _ in range(3)]
    return [Project(org, await seeds.project(conn, org)) for org in orgs]


def new_ingest(project: Project, key: str | None = None, **asked: Any) -> NewIngest:
    named: dict[str, Any] = {"kind": INGEST_WEBSITE_KIND, "args": PAGE} | asked
    job = ingests.build_ingest_job(organization_id=project.org, project_id=project.id, **named)
    record = key and IdempotencyRecord(project.org, project.org, key, b"print", 202, "/v1/jobs/1", b"{}", None, None)
    return NewIngest(job, seeds.NOW, record or None)


async def start_alone(conn: Conn, new: NewIngest) -> SubmittedJob:
    """Start an ingest as a request does in its own transaction."""
    if new.record:
        assert await idempotency.try_to_claim_idempotency_key(conn, IdempotencyKeyUse(*new.record[:4]))
    scope: dict[str, Any] = {"organization_id": new.job.organization_id, "project_id": new.job.project_id}
    started = await ingests.start_ingest(conn, kind=new.job.kind, args=new.job.args, **scope)
    if new.record:
        await idempotency.store_idempotent_answer(conn, new.record)
    return started


async def read_rows(conn: Conn) -> tuple[list[Any], list[Any]]:
    records = await conn.fetch("select to_jsonb(k) - 'created_at' from idempotency_key k order by organization_id, key")
    return [tuple(row) for row in await conn.fetch(ROWS)], [tuple(row) for row in records]


async def test_grouped_starts_equal_single_ones(conn: Conn, projects: Sequence[Project]) -> None:
    """Also over an ended ingest, and for several of one tenant."""
    ended = await verbs.start(conn, projects[0])
    await conn.execute("update ingest set status = 'failed', completed_at = now(), error = '{}'")
    await conn.execute("delete from ingest where job_id <> $1", ended)
    await conn.execute(
        "update job set state = 'failed', stage = 'failed', finished_at = now(), error = '{}' where id = $1", ended
    )
    second = Project(projects[0].org, await seeds.project(conn, projects[0].org))
    asked = [
        new_ingest(projects[0]),
        new_ingest(projects[0], "k", kind=INGEST_GITHUB_KIND, args={"repo": "acme/zap"}),
        new_ingest(projects[1], "k"),
        new_ingest(second),
    ]
    seen = []
    for grouped in (False, True):
        transaction = conn.transaction()
        await transaction.start()
        started = (
            await ingests.start_ingests(conn, asked) if grouped else [await start_alone(conn, one) for one in asked]
        )
        seen.append((await read_rows(conn), [one and (one[:2], one.stage, one.phase, one.fresh) for one in started]))
        wakes = [bool(one and one.wake) for one in started]
        assert wakes == [True, False, True, False]
        await transaction.rollback()
    assert seen[0] == seen[1]
    started = await ingests.start_ingests(conn, asked)
    assert [one and (one.job_id, one.created_at) for one in started] == [(new.job.job_id, seeds.NOW) for new in asked]


async def fill_queue(conn: Conn, project: Project) -> NewIngest:
    await conn.execute("update pool_cap set max_queued = 2")
    await scene.insert_due_jobs(conn, [project.org], 2, INGEST_WEBSITE_KIND)
    with pytest.raises(LimitReached):
        await start_alone(conn, new_ingest(project))
    return new_ingest(project, "k")


async def archive_project(conn: Conn, project: Project) -> NewIngest:
    await verbs.archive(conn, project)
    return new_ingest(project, "k")


async def start_first(conn: Conn, project: Project) -> NewIngest:
    await verbs.start(conn, project)
    return new_ingest(project, "k")


async def use_key(conn: Conn, project: Project) -> NewIngest:
    """Use the key for another ingest, a day and more ago: only `claim_key` may overwrite the record."""
    await ingests.start_ingests(conn, [new_ingest(project, "k")])
    await conn.execute("update idempotency_key set created_at = now() - interval '25 hours'")
    return new_ingest(project, "k", kind=INGEST_GITHUB_KIND)


async def name_foreign_project(conn: Conn, project: Project) -> NewIngest:
    return new_ingest(Project(await seeds.organization(conn), project.id), "k")


async def name_unknown_project(_: Conn, project: Project) -> NewIngest:
    return new_ingest(Project(project.org, ids.new_uuid7()), "k")


@pytest.mark.parametrize(
    "refuse", [fill_queue, archive_project, start_first, use_key, name_foreign_project, name_unknown_project]
)
async def test_a_refused_start_writes_nothing_and_others_start(
    conn: Conn, projects: Sequence[Project], refuse: Any
) -> None:
    refused = await refuse(conn, projects[0])
    before = await read_rows(conn)
    asked = [new_ingest(projects[1], "k"), refused, new_ingest(projects[2])]
    started = await ingests.start_ingests(conn, asked)
    assert [one and one.job_id for one in started] == [asked[0].job.job_id, None, asked[2].job.job_id]
    rows, records = await read_rows(conn)
    assert (len(rows), len(records)) == (len(before[0]) + 2, len(before[1]) + 1)


async def lock_project_row(conn: Conn, *, organization_id: UUID, project_id: UUID) -> None:
    """Lock a project without its queue, as a purge does."""
    await conn.execute(
        "select from project where organization_id = $1 and id = $2 for no key update", organization_id, project_id
    )


@pytest.mark.parametrize("lock", [project_locks.lock_project_exclusively, lock_project_row])
async def test_locks_of_other_transactions_block_no_start(
    conn: Conn, pool: Pool, projects: Sequence[Project], lock: Any
) -> None:
    """A project under change, and a key in use: these two start nothing, and wait for nothing."""
    changed, used, free = projects
    async with pool.acquire() as holder, holder.transaction():
        await lock(holder, organization_id=changed.org, project_id=changed.id)
        key = IdempotencyKeyUse(used.org, used.org, "k", b"print")
        assert await idempotency.try_to_claim_idempotency_key(holder, key)
        started = await ingests.start_ingests(conn, [new_ingest(one, "k") for one in projects])
    assert [one is not None for one in started] == [False, False, True]
    assert [row["organization_id"] for row in await conn.fetch("select organization_id from job")] == [free.org]


async def test_a_key_twice_in_a_statement_starts_one_ingest(conn: Conn, projects: Sequence[Project]) -> None:
    shop, other, _ = projects
    asked = [new_ingest(shop, "k"), new_ingest(shop, "k", kind=INGEST_GITHUB_KIND), new_ingest(other, "k")]
    assert [one is not None for one in await ingests.start_ingests(conn, asked)] == [True, False, True]


async def test_a_key_used_after_the_snapshot_fails_the_statement(
    conn: Conn, pool: Pool, projects: Sequence[Project]
) -> None:
    """Otherwise a job would start for a request that is answered from the record."""
    async with pool.acquire() as other:
        transaction = other.transaction()
        await transaction.start()
        await other.execute(
            "insert into idempotency_key (organization_id, api_key_id, key, fingerprint) values ($1, $1, 'k', '')",
            projects[0].org,
        )
        late = await scene.start_blocked(pool, ingests.start_ingests(conn, [new_ingest(one, "k") for one in projects]))
        await transaction.commit()
    with pytest.raises(asyncpg.UniqueViolationError):
        await late
    assert await conn.fetchval("select count(*) from job") == 0


async def test_racing_starts_are_one_job_and_one_record(wide: Pool, projects: Sequence[Project]) -> None:
    """Two processes and requests of one key, in batches of any order."""

    async def start(*batch: NewIngest) -> list[UUID]:
        async with wide.acquire() as conn:
            try:
                started = await ingests.start_ingests(conn, batch)
            except (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError):
                return []
            return [one.job_id for one in started if one]

    for number in range(20):
        news = [new_ingest(one, f"key {number % 4}") for one in projects]
        again = [partial(new_ingest, one, f"key {number % 4}") for one in projects]
        await asyncio.gather(
            start(*news), start(*[make() for make in reversed(again)]), start(again[0](), again[0](), again[1]())
        )
        counts = await wide.fetchrow("""
            select (select count(*) from job), (select count(*) from idempotency_key),
                   (select count(*) from ingest where status = 'running')""")
        assert counts is not None
        assert counts[0] == counts[1] == counts[2] <= len(projects)
        await wide.execute("delete from ingest; delete from idempotency_key; delete from job")


async def test_an_archive_sees_each_grouped_start_before_it(wide: Pool, conn: Conn) -> None:
    org = await seeds.organization(conn)

    async def start(project: Project) -> bool:
        async with wide.acquire() as own:
            return await ingests.start_ingests(own, [new_ingest(project)]) != [None]

    async def archive(project: Project) -> int:
        async with wide.acquire() as own, own.transaction():
            await project_locks.lock_project_exclusively(own, organization_id=org, project_id=project.id)
            await own.execute("update project set status = 'archived', archived_at = now() where id = $1", project.id)
            return int(await own.fetchval("select count(*) from job where project_id = $1", project.id))

    for _ in range(50):
        project = Project(org, await seeds.project(conn, org))
        _, seen = await asyncio.gather(start(project), archive(project))
        assert await conn.fetchval("select count(*) from job where project_id = $1", project.id) == seen
    assert await conn.fetchval("select count(*) from job") == await conn.fetchval("select count(*) from ingest")
