"""The job behind an archive: every post that waits is canceled, with its event, whatever it waits for."""

from collections import Counter
from functools import partial

import pytest

from db.pool import Conn, transact
from domain.jobs import jobs
from domain.projects import archive, projects
from jobs.kinds import ARCHIVE_PROJECT
from jobs.ledger import Settlement
from jobs.outcomes import Canceled
from schemas.projects import ProjectPatch
from tests import leasing, seeds
from tests.domain.project import Project
from tests.domain.publishing import post_scene as scene
from tests.workers.runtime.workers import Workers
from workers.tasks import archive_project, open_tasks


async def test_an_archive_ends_what_waits_and_nothing_else(
    workers: Workers, conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_project, "BATCH", 3)
    full = await scene.fill(conn, Project(workers.org, await seeds.project(conn, workers.org)), accounts=7)
    other = await scene.fill(conn, Project(workers.org, await seeds.project(conn, workers.org)), accounts=1)
    blocked = await scene.schedule(conn, full, content_id=await scene.pending(conn, full, "Later."))
    running = await scene.schedule(conn, full)
    claims = await scene.pull(conn)
    queued = await scene.schedule(conn, full)
    spared = await scene.schedule(conn, other)
    stop = partial(archive.archive, organization_id=workers.org, project_id=full.project_id, api_key_id=None)
    answer, _ = await transact(workers.pool, stop)
    assert (answer.canceled_scheduled_posts, answer.in_flight_posts) == (21, 0)
    async with (
        open_tasks(workers.settings, "default") as tasks,
        workers.working(tasks[ARCHIVE_PROJECT], kind=ARCHIVE_PROJECT),
    ):
        archiving = await conn.fetchval("select id from job where kind = 'archive_project'")
        row = await workers.ended(archiving)
    assert row["result"] == {"canceledJobs": 14, "canceledBlockedPosts": 7, "endedLeases": 0}
    assert Counter(await scene.statuses(conn, blocked + queued)) == {"canceled": 14}
    await jobs.settle(workers.pool, [Settlement(claim, Canceled()) for claim in claims])
    assert set(await scene.statuses(conn, running)) == {"canceled"}
    assert await scene.statuses(conn, spared) == ["queued"]
    for post_id in (blocked[0], running[0], queued[0]):
        assert (await scene.events(conn, post_id))[1:] == ["canceled"]
        assert (await scene.shown(conn, full, post_id)).cancel_reason == "project_archived"
    body = projects.check(ProjectPatch(status="active"))
    revive = partial(
        projects.patch, organization_id=workers.org, project_id=full.project_id, api_key_id=None, body=body
    )
    await transact(workers.pool, revive)
    assert Counter(await scene.statuses(conn, blocked + running + queued)) == {"canceled": 21}


async def test_an_archive_gives_back_what_is_leased(workers: Workers, conn: Conn) -> None:
    project = Project(workers.org, await seeds.project(conn, workers.org))
    owners = [await leasing.owner(conn, handle=handle) for handle in ("one", "two")]
    leased = [await leasing.lend(workers.pool, owner, project) for owner in owners]
    post_id = await leasing.schedule(conn, project, leased[0])
    stop = partial(archive.archive, organization_id=workers.org, project_id=project.id, api_key_id=None)
    answer, _ = await transact(workers.pool, stop)
    async with (
        open_tasks(workers.settings, "default") as tasks,
        workers.working(tasks[ARCHIVE_PROJECT], kind=ARCHIVE_PROJECT),
    ):
        archiving = await conn.fetchval("select id from job where kind = 'archive_project'")
        row = await workers.ended(archiving)
    assert (answer.canceled_scheduled_posts, row["result"]["endedLeases"]) == (1, 2)
    assert [await leasing.status(conn, account_id) for account_id in leased] == ["disconnected"] * 2
    assert await scene.statuses(conn, [post_id]) == ["canceled"]
    other = await leasing.tenant(conn)
    for owner in owners:
        await leasing.lend(workers.pool, owner, other)
