"""Races of a purge with another one, an un-archive, and the last post's end."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from db.pool import Conn, Pool, run_in_transaction
from domain.media.store import MediaStore
from domain.operations import purge
from domain.projects import projects
from schemas.errors import AttemptFenced, ObjectNotFound, StateConflict
from schemas.projects import ProjectPatch
from tests.domain.project import Project as Scope
from tests.domain.publishing import post_scene as scene
from tests.jobs.scene import waits_for_lock
from tests.waiting import eventually
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
    async with pool.acquire() as conn, pool.acquire() as observer:
        async with conn.transaction():
            await first(conn)
            waiting = asyncio.create_task(run_in_transaction(pool, then))
            await eventually(lambda: waits_for_lock(observer))
        return await waiting


async def test_two_concurrent_purges_are_one(project: IngestProject, conn: Conn) -> None:
    await archived(project)
    purging, wake = await run_second(project.workers.pool, begin_purge(project), begin_purge(project))
    assert wake is None
    assert await begin(project.workers.pool, project.id) == purging
    for read in (projects.read_project, projects.read_project_brand):
        with pytest.raises(ObjectNotFound):
            await read(conn, organization_id=project.org, project_id=project.id)
    assert await conn.fetchval("select count(*) from job where kind = 'purge_project'") == 1
    started = "select count(*) from audit_log where action = 'project.purge_started'"
    assert await conn.fetchval(started) == 1


async def test_a_project_reactivated_first_stays(project: IngestProject, conn: Conn) -> None:
    await archived(project)
    with pytest.raises(StateConflict) as refused:
        await run_second(project.workers.pool, unarchive(project), begin_purge(project))
    assert refused.value.details["reason"] == "NOT_ARCHIVED"
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
    monkeypatch.setattr(purge, "ROWS", 1)
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
