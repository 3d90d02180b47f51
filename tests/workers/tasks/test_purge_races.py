"""Requests of a purge: refusals change nothing, and races with another purge, an un-archive, a lease and a post."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from db.pool import Conn, Pool, run_in_transaction
from domain.leasing import offers, requests
from domain.media.store import MediaStore
from domain.operations import purge
from domain.projects import projects
from schemas.errors import AttemptFenced, ObjectNotFound
from schemas.projects import ProjectPatch
from tests import leasing
from tests.domain.project import Project as Scope
from tests.domain.publishing import post_scene as scene
from tests.jobs.scene import start_blocked
from tests.workers.tasks.full_project import count_left, list_referencing_ids
from tests.workers.tasks.project import IngestProject
from tests.workers.tasks.test_purging import archived, begin, claimed, perform


def begin_purge(project: IngestProject) -> Callable[[Conn], Awaitable[Any]]:
    return partial(purge.begin_project_purge, project_id=project.id, name="Shop", env=None, actor=None)


def unarchive(project: IngestProject) -> Callable[[Conn], Awaitable[Any]]:
    body = projects.check_project_patch(ProjectPatch(status="active"))
    mine = partial(projects.apply_project_patch, organization_id=project.org, project_id=project.id)
    return partial(mine, api_key_id=None, body=body)


async def run_second(
    pool: Pool, first: Callable[[Conn], Awaitable[Any]], then: Callable[[Conn], Awaitable[Any]]
) -> Any:
    """Return the result of `then`, which waits for the commit of `first`."""
    async with pool.acquire() as conn:
        async with conn.transaction():
            await first(conn)
            waiting = await start_blocked(pool, run_in_transaction(pool, then))
        return await waiting


async def test_a_project_that_is_active_or_being_archived_is_not_purged(project: IngestProject) -> None:
    with leasing.conflict("NOT_ARCHIVED"):
        await begin(project.workers.pool, project.id)
    await project.archive()
    with leasing.conflict("ARCHIVE_RUNNING"):
        await begin(project.workers.pool, project.id)
    assert (await project.shown()).name == "Shop"


async def offered(project: IngestProject, conn: Conn) -> leasing.LeaseOwner:
    """Offer an account of the archived project for lease."""
    ours = leasing.LeaseOwner(project.org, project.id, project.org)
    owner = await leasing.another(conn, ours, handle="ours")
    await archived(project)
    return owner


async def test_a_lent_account_prevents_the_purge(project: IngestProject, conn: Conn) -> None:
    """Otherwise its tenant would post with rows that the purge deletes."""
    owner = await offered(project, conn)
    request_id = await leasing.ask(conn, await leasing.tenant(conn))
    assign = partial(
        requests.assign_leased_accounts_to_request, actor=owner.actor, request_id=request_id, account_ids=[owner.shown]
    )
    with leasing.conflict("ACCOUNT_LEASED"):
        await run_second(project.workers.pool, assign, begin_purge(project))


async def test_an_account_of_a_purged_project_is_not_offered_again(project: IngestProject, conn: Conn) -> None:
    owner = await offered(project, conn)
    await begin(project.workers.pool, project.id)
    offer = partial(offers.offer_account_for_lease, actor=owner.actor, account_id=owner.account_id, niche="baking")
    with pytest.raises(ObjectNotFound):
        await run_in_transaction(project.workers.pool, offer)


async def test_two_concurrent_purges_are_one(project: IngestProject, conn: Conn) -> None:
    await archived(project)
    purging, wake = await run_second(project.workers.pool, begin_purge(project), begin_purge(project))
    assert wake is None
    assert await begin(project.workers.pool, project.id) == purging
    for read in (projects.read_project, projects.read_project_brand_for_api):
        with pytest.raises(ObjectNotFound):
            await read(conn, organization_id=project.org, project_id=project.id)
    assert await conn.fetchval("select count(*) from job where kind = 'purge_project'") == 1
    started = "select count(*) from audit_log where action = 'project.purge_started'"
    assert await conn.fetchval(started) == 1


async def test_a_project_reactivated_first_stays(project: IngestProject, conn: Conn) -> None:
    await archived(project)
    with leasing.conflict("NOT_ARCHIVED"):
        await run_second(project.workers.pool, unarchive(project), begin_purge(project))
    assert (await project.shown()).status == "active"
    assert await conn.fetchval("select purging_at from project") is None


async def test_a_project_purged_first_is_not_reactivated(project: IngestProject, conn: Conn) -> None:
    await archived(project)
    with pytest.raises(ObjectNotFound):
        await run_second(project.workers.pool, begin_purge(project), unarchive(project))
    assert await conn.fetchval("select status from project") == "archived"


@pytest.mark.parametrize("patient", [True, False])
async def test_a_last_post_that_ends_meanwhile(
    project: IngestProject, conn: Conn, store: MediaStore, monkeypatch: pytest.MonkeyPatch, patient: bool
) -> None:
    """Each post is live, or its attempt is fenced; the purge deletes both."""
    pool = project.workers.pool
    monkeypatch.setattr(purge, "MAX_PURGED_ROWS_PER_STEP", 1)
    if not patient:
        monkeypatch.setattr(purge, "MAX_PURGE_WAIT_FOR_JOBS_S", 0)
    mine = await scene.fill(conn, Scope(project.org, project.id))
    claims = await scene.prepared(conn, mine, 1)
    for claim in claims:
        assert await scene.mark(pool, claim)
    await archived(project)
    names = await list_referencing_ids(conn, project.id)
    claim = await claimed(project, conn)

    async def purged() -> None:
        while (await perform(scene.context(pool, claim), store)).word != "completed":
            assert patient

    ends = await asyncio.gather(purged(), *(scene.publish(pool, one) for one in claims), return_exceptions=True)
    assert ends[0] is None
    fenced = [end for end in ends[1:] if end is not None]
    assert all(isinstance(end, AttemptFenced) for end in fenced)
    assert not (patient and fenced)
    assert (await count_left(conn, names)).keys() == {"audit_log", "job"}
