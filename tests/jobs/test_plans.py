"""What runs often reads few rows of a large ledger, also when it was planned on an empty one."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import pytest
import pytest_asyncio

from db.pool import Conn, Pool
from domain.jobs import jobs
from jobs import controls, heartbeat, ledger, maintenance
from jobs.ledger import Claim
from jobs.outcomes import Done
from tests import seeds
from tests.jobs import scene
from tests.jobs.scene import FREE_ERRAND

TENANTS, EACH, ENDED, RUNNING = 200, 100, 20_000, 200


class Ledger(NamedTuple):
    """A tenant with a project, some of its jobs, and a worker that runs 200 jobs of many tenants."""

    org: UUID
    project_id: UUID
    worker_id: UUID
    claims: list[Claim]


Use = Callable[[Conn, Ledger], Awaitable[Any]]


async def submit(conn: Conn, found: Ledger) -> None:
    await scene.submit(conn, found.org, FREE_ERRAND, unique_key="one")


async def pull(conn: Conn, found: Ledger) -> None:
    await scene.pull(conn, found.worker_id, 10, FREE_ERRAND)


async def settle(conn: Conn, found: Ledger) -> None:
    await scene.settle(conn, [found.claims.pop() for _ in range(10)], Done())


async def hold(conn: Conn, found: Ledger) -> None:
    await ledger.lock(conn, found.claims[0])


async def commit(conn: Conn, found: Ledger) -> None:
    await ledger.end(conn, found.claims.pop(), result={})


async def progress(conn: Conn, found: Ledger) -> None:
    await ledger.progress(conn, found.claims[0], progress=0.5)


async def renew(conn: Conn, found: Ledger) -> None:
    await heartbeat.renew(conn, worker_id=found.worker_id, lease_s=60)


async def get(conn: Conn, found: Ledger) -> None:
    await jobs.get(conn, organization_id=found.org, job_id=found.claims[0].id)


async def get_many(conn: Conn, found: Ledger) -> None:
    await jobs.get_many(conn, refs=[(claim.organization_id, claim.id) for claim in found.claims[:10]])


async def list_all(conn: Conn, found: Ledger) -> None:
    await list_page(conn, found.org, None)


async def list_of_project(conn: Conn, found: Ledger) -> None:
    await list_page(conn, found.org, found.project_id)


async def list_page(conn: Conn, org: UUID, project_id: UUID | None) -> None:
    await jobs.list_page(
        conn,
        organization_id=org,
        project_id=project_id,
        kind=None,
        status=None,
        stage=None,
        before=None,
        limit=25,
    )


async def cancel(conn: Conn, found: Ledger) -> None:
    await controls.cancel(conn, organization_id=found.org, job_id=found.claims.pop().id)


async def look(conn: Conn, _: Ledger) -> None:
    await maintenance.look(conn)


async def ripen(conn: Conn, _: Ledger) -> None:
    await maintenance.ripen(conn)


async def rescue(conn: Conn, _: Ledger) -> None:
    await maintenance.rescue(conn, before=datetime.max.replace(tzinfo=UTC))


async def end_overdue(conn: Conn, _: Ledger) -> None:
    await maintenance.end_overdue(conn)


#: At most so many rows of the job table and its indexes may be read.
USES: dict[Use, int] = {
    submit: 10,
    pull: 2 * RUNNING + 200,
    settle: 50,
    hold: 5,
    commit: 10,
    progress: 5,
    renew: 2 * RUNNING + 10,
    get: 5,
    get_many: 30,
    list_all: 60,
    list_of_project: 60,
    cancel: 5,
    look: 10,
    ripen: 5,
    rescue: 2 * RUNNING + 10,
    end_overdue: 5,
}


@pytest_asyncio.fixture
async def found(conn: Conn) -> Ledger:
    """The empty ledger with what the uses need to be planned."""
    [org] = await scene.tenants(conn, tier="partner")
    project_id = await seeds.project(conn, org)
    worker_id = await scene.worker(conn, FREE_ERRAND, lease_s=600)
    for _ in range(150):
        await scene.submit(conn, org, FREE_ERRAND, project_id=project_id)
    claims = await scene.pull(conn, worker_id, 150, FREE_ERRAND)
    return Ledger(org, project_id, worker_id, claims)


async def load(conn: Conn, found: Ledger) -> None:
    """20,000 waiting, 20,000 ended and 200 running jobs of 200 tenants."""
    orgs = await scene.tenants(conn, TENANTS)
    await scene.fill(conn, [*orgs, found.org], EACH, FREE_ERRAND)
    await conn.execute(
        """insert into job (organization_id, project_id, id, kind, pool, state, stage, args, max_attempts,
                            run_at, deadline_at, finished_at)
           select $1, $2, gen_random_uuid(), 'run_free_errand', 'default', 'completed', 'completed', '{}', 3,
                  now(), now() + interval '1 hour', now() from generate_series(1, $3)""",
        found.org,
        found.project_id,
        ENDED,
    )
    found.claims.extend(await scene.pull(conn, found.worker_id, RUNNING - len(found.claims), FREE_ERRAND))


async def read(conn: Conn) -> tuple[int, int]:
    """Whole scans of the job table so far, and rows read by its indexes."""
    await conn.execute("select pg_stat_force_next_flush()")
    row = await conn.fetchrow(
        """select t.seq_scan, i.read from pg_stat_user_tables t,
                  (select sum(idx_tup_read)::int as read from pg_stat_user_indexes where relname = 'job') i
            where t.relname = 'job'"""
    )
    assert row is not None
    return row["seq_scan"], row["read"]


@pytest.mark.parametrize("analyzed", [True, False])
async def test_no_statement_reads_more_than_it_must(
    pool: Pool, conn: Conn, found: Ledger, analyzed: bool
) -> None:
    async with pool.acquire() as session:
        for use in USES:
            for _ in range(6):  # from then on PostgreSQL may keep a plan for good
                await use(session, found)
        await load(session, found)
        if analyzed:
            await conn.execute("vacuum analyze job")
        excessive = {}
        for use, most in USES.items():
            scans, rows = await read(session)
            await use(session, found)
            scans_after, rows_after = await read(session)
            if scans_after > scans or rows_after - rows > most:
                excessive[use.__name__] = (scans_after - scans, rows_after - rows)
    assert excessive == {}
