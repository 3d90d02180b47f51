"""The archive's job: every waiting post is canceled, with its event, for any reason of its wait."""

from collections import Counter
from functools import partial

import pytest

from db.pool import Conn, run_in_transaction
from domain.jobs import jobs
from domain.projects import projects
from jobs.kinds import INGEST_WEBSITE_KIND
from jobs.ledger import AttemptSettlement
from jobs.outcomes import Canceled
from schemas.projects import ProjectPatch
from tests import leasing, seeds
from tests.domain.project import Project as Scope
from tests.domain.publishing import post_scene as scene
from tests.workers.tasks.project import IngestProject
from workers.tasks import archive_project


async def test_an_archive_cancels_waiting_posts_only(
    project: IngestProject, conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_project, "MAX_CANCELED_ROWS_PER_TRANSACTION", 3)
    mine = await scene.fill(conn, Scope(project.org, project.id), accounts=7)
    other = await scene.fill(conn, Scope(project.org, await seeds.project(conn, project.org)), accounts=1)
    blocked = await scene.schedule(conn, mine, content_id=await scene.pending(conn, mine, "Later."))
    running = await scene.schedule(conn, mine)
    claims = await scene.pull(conn)
    queued = await scene.schedule(conn, mine)
    page = {"url": "https://example.com/", "follow_links": False, "max_pages": 1}
    ingest = await project.start(INGEST_WEBSITE_KIND, **page)
    spared = await scene.schedule(conn, other)
    answer = await project.archive()
    assert (answer.canceled_scheduled_posts, answer.in_flight_posts) == (21, 0)
    row = await project.archived()
    assert row["result"] == {"canceledJobs": 15, "canceledBlockedPosts": 7, "endedLeases": 0}
    assert Counter(await scene.statuses(conn, blocked + queued)) == {"canceled": 14}
    assert (await project.workers.job(ingest))["state"] == "canceled"
    await jobs.settle_jobs_and_subjects(
        project.workers.pool, [AttemptSettlement(claim, Canceled()) for claim in claims]
    )
    assert set(await scene.statuses(conn, running)) == {"canceled"}
    assert await scene.statuses(conn, spared) == ["queued"]
    for post_id in (blocked[0], running[0], queued[0]):
        assert (await scene.events(conn, post_id))[1:] == ["canceled"]
        assert (await scene.shown(conn, mine, post_id)).cancel_reason == "project_archived"
    body = projects.check_project_patch(ProjectPatch(status="active"))
    revive = partial(
        projects.apply_project_patch, organization_id=project.org, project_id=project.id, api_key_id=None, body=body
    )
    await run_in_transaction(project.workers.pool, revive)
    assert Counter(await scene.statuses(conn, blocked + running + queued)) == {"canceled": 21}


async def test_an_archive_ends_leases(project: IngestProject, conn: Conn) -> None:
    pool, tenant = project.workers.pool, Scope(project.org, project.id)
    owners = [await leasing.owner(conn, handle=handle) for handle in ("one", "two")]
    leased = [await leasing.lend(pool, owner, tenant) for owner in owners]
    post_id = await leasing.schedule(conn, tenant, leased[0])
    answer = await project.archive()
    row = await project.archived()
    assert (answer.canceled_scheduled_posts, row["result"]["endedLeases"]) == (1, 2)
    assert [await leasing.status(conn, account_id) for account_id in leased] == ["disconnected"] * 2
    assert await scene.statuses(conn, [post_id]) == ["canceled"]
    other = await leasing.tenant(conn)
    for owner in owners:
        await leasing.lend(pool, owner, other)
