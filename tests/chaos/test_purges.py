"""Purges with the worker killed by `kill -9` at each of their steps: another worker finishes them."""

import os
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple
from unittest.mock import patch
from uuid import UUID

import pytest

from db.pool import Conn, run_in_transaction
from domain.media.storage import open_media_store
from domain.operations import purge
from domain.projects import archive_status, projects
from jobs.kinds import ARCHIVE_PROJECT_KIND, PURGE_PROJECT_KIND, JobKindSpec
from schemas.errors import ObjectNotFound
from tests import leasing, seeds
from tests.chaos.fleet import Fleet
from tests.chaos.purger import FOLDER, POOL, WRITTEN
from tests.s3.storages import ALL_STORAGES, MediaStorage
from tests.waiting import eventually
from tests.workers.runtime.workers import Workers
from tests.workers.tasks.full_project import FullProject, count_left, fill, list_referencing_ids, tables
from tests.workers.tasks.project import IngestProject

pytestmark = [pytest.mark.chaos, pytest.mark.long]

#: Longer than any stopped attempt lives before its kill.
LEASE_S = 90.0


class Doomed(NamedTuple):
    """A full project, and the organizations connected to it."""

    full: FullProject
    others: list[UUID]

    @property
    def id(self) -> UUID:
        return self.full.scope.id


async def create_project(fleet: Fleet, conn: Conn) -> Doomed:
    """Create a full project of a new organization, with an account on lease to other organizations.

    No account is due for collection and no endpoint gets events: their jobs would disturb the purge.
    """
    await conn.execute("alter table social_account alter collect_at set default null")
    org = await seeds.organization(conn)
    workers = Workers(fleet.settings, fleet.pool, org, fleet.courier)
    mine = IngestProject(workers, org, await seeds.project(conn, org))
    full = await fill(mine, conn, open_media_store(fleet.settings))
    await conn.execute("update webhook_endpoint set status = 'paused'")
    owner = await leasing.another(conn, leasing.LeaseOwner(org, mine.id, org), handle=os.urandom(8).hex())
    tenant = await leasing.tenant(conn)
    await leasing.release(fleet.pool, tenant, await leasing.lend(fleet.pool, owner, tenant))
    return Doomed(full, [full.owner.org, tenant.org])


async def archive_all(fleet: Fleet, all_of_them: Sequence[Doomed]) -> None:
    for one in all_of_them:
        stop = partial(archive_status.begin_project_archive, organization_id=one.full.scope.org, project_id=one.id)
        await run_in_transaction(fleet.pool, partial(stop, api_key_id=None))
    await ended(fleet, ARCHIVE_PROJECT_KIND)


async def begin(fleet: Fleet, project_id: UUID) -> None:
    start = partial(purge.begin_project_purge, project_id=project_id, name="Shop", env=None, actor=None)
    await run_in_transaction(fleet.pool, start)


async def ended(fleet: Fleet, kind: JobKindSpec) -> None:
    """Wait until all jobs of the kind have ended."""

    async def done() -> bool:
        open_jobs = "select count(*) from job where kind = $1 and finished_at is null"
        return not await fleet.pool.fetchval(open_jobs, kind.name)

    await eventually(done)


async def recorded_points(fleet: Fleet, one: Doomed) -> list[str]:
    """Return the recorded points of a purge; its job ends before it records the last one."""
    noted, last = fleet.folder / f"{one.id}.passed", f"{purge.finish_project_purge.__name__}.{WRITTEN}"

    async def all_of_them() -> bool:
        return last in noted.read_text().split()

    await eventually(all_of_them)
    return [*dict.fromkeys(noted.read_text().split())]


async def rows_of(conn: Conn, orgs: Sequence[UUID]) -> dict[str, set[str]]:
    """Return all rows of these organizations by table, as text."""
    found = {}
    for table in await tables(conn):
        mine = f"select t::text from {table} t where to_jsonb(t) ->> 'organization_id' = any($1)"
        found[table] = {row["t"] for row in await conn.fetch(mine, [str(org) for org in orgs])}
    return found


@ALL_STORAGES
@pytest.mark.timeout(900)
async def test_purge_completes_after_a_kill_at_each_step(fleet: Fleet, media_kept: MediaStorage) -> None:
    with patch.dict(os.environ, {FOLDER: str(fleet.folder)}):
        purger = await fleet._known("tests.chaos.purger", {"slots": 400, "pool_size": 40, "lease_s": LEASE_S})
    async with fleet.pool.acquire() as conn:
        first, bystander = await create_project(fleet, conn), await create_project(fleet, conn)
        await archive_all(fleet, [first])
        await begin(fleet, first.id)
        await ended(fleet, PURGE_PROJECT_KIND)
        points = await recorded_points(fleet, first)
        doomed = [await create_project(fleet, conn) for _ in points]
        names = await list_referencing_ids(conn, *(one.id for one in doomed))
        others = [bystander.full.scope.org, *bystander.others, *(org for one in doomed for org in one.others)]
        await archive_all(fleet, doomed)
        before = await rows_of(conn, others)
        for one, point in zip(doomed, points, strict=True):
            fleet.folder.joinpath(f"{one.id}.stop").write_text(point)
            await begin(fleet, one.id)
        await fleet.appeared(f"{one.id}.stopped" for one in doomed)
        purger.kill()
        # Its lease has expired.
        await fleet.pool.execute("update worker set lease_expires_at = now()")
        await fleet.dispatcher()
        await fleet.of_product(POOL)
        await ended(fleet, PURGE_PROJECT_KIND)
        await assert_purged(conn, doomed, names)
        assert await rows_of(conn, others) == before
    assert {*media_kept.names()} == {*bystander.full.tokens}


async def assert_purged(conn: Conn, doomed: Sequence[Doomed], names: list[str]) -> None:
    """Assert that only the audit log entry, the purge's job and a stub for a tenant's lease remain."""
    jobs = await conn.fetch("select state, crashes from job where kind = 'purge_project' and crashes > 0")
    lost = sum(row["crashes"] for row in jobs)
    assert {row["state"] for row in jobs} == {"completed"}
    assert lost >= len(doomed) - 1, "only the one that had ended its job was not lost"
    rest = await count_left(conn, names)
    del rest["audit_log"]
    assert rest == {"job": len(doomed), "social_account": 2 * len(doomed), "account_lease": len(doomed)}
    for one in doomed:
        with pytest.raises(ObjectNotFound):
            await projects.read_project(conn, organization_id=one.full.scope.org, project_id=one.id)
        rows = await conn.fetch("select action from audit_log where subject = $1 order by id", f"prj_{one.id}")
        assert [row["action"] for row in rows][-2:] == ["project.purge_started", "project.purged"]
