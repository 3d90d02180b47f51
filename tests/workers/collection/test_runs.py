"""Collection runs: due figures are collected in one job at a time, and stored if they changed."""

import asyncio
from functools import partial
from typing import Any

import pytest

from db.pool import Pool, run_in_transaction
from domain.collection import cadence
from domain.projects import projects
from jobs import maintenance
from schemas.projects import ProjectPatch
from tests import seeds
from tests.domain.project import Project, archive
from tests.workers.collection.scene import CollectionScene
from workers.platforms.collecting import CollectedMetricValues


async def test_missing_values_are_not_zero(scene: CollectionScene) -> None:
    """No metric, some metrics, and lower values than before."""
    post = await scene.post("one")
    stages: list[CollectedMetricValues] = [{}, {"likes": 0}, {"views": 5}, {}]
    for told in stages:
        scene.platform.told["one"] = told
        await scene.visit()
        await scene.pass_time(1)
    assert await scene.values(post) == [(5, 5)]
    assert await scene.values(post, "likes") == [(0, 0)]


#: Hours since a post was published, and whether a run then includes it.
CADENCE = [
    (0, True), (0.5, False), (1.1, True), (48.1, True), (49.2, False), (54.2, True), (168.3, True),
    (175, False), (192.4, True), (2159, True), (2184, False), (3000, False),
]  # fmt: skip


async def test_a_post_is_due_less_and_less_often_for_90_days(scene: CollectionScene) -> None:
    await scene.post("one")
    asked, last = list[tuple[float, bool]](), 0.0
    for hours, _ in CADENCE:
        await scene.pass_time(hours - last)
        await scene.pool.execute("update social_account set collect_at = now()")
        before, last = len(scene.platform.asked), hours
        await scene.visit()
        asked.append((hours, len(scene.platform.asked) > before))
    assert asked == CADENCE


async def test_an_account_without_anything_due_makes_no_job(scene: CollectionScene) -> None:
    """It is due each hour; its followers every six hours."""
    assert (cadence.ACCOUNT_POLL_RECHECK_S, cadence.FOLLOWER_COUNT_POLL_INTERVAL_S) == (3600, 6 * 3600)
    assert await scene.visit() == ["completed"]
    for hours, jobs in ((1, 0), (4.9, 0), (0.2, 0), (1, 1)):
        await scene.pass_time(hours)
        assert len(await scene.visit()) == jobs


async def test_posts_beyond_the_limit_of_a_run_are_due_soon(scene: CollectionScene) -> None:
    for number in range(12):
        await scene.post(f"post {number}", hours=number)
    assert await scene.visit() == ["completed"]
    assert 0 < (await scene.account())["in_s"] <= cadence.INCOMPLETE_COLLECTION_RESUME_S
    for _ in range(2):
        await scene.pass_time(0.1)
        await scene.visit()
    asked = [name for names in scene.platform.asked for name in names]
    assert sorted(asked) == sorted(f"post {number}" for number in range(12))
    assert all(len(names) <= scene.platform.limits.batch for names in scene.platform.asked)
    assert (await scene.account())["in_s"] > cadence.INCOMPLETE_COLLECTION_RESUME_S


async def test_concurrent_scans_submit_one_job_for_each_account(scene: CollectionScene, pool: Pool) -> None:
    """Another scan makes no second job while the first is open."""
    async with pool.acquire() as conn:
        for number in range(30):
            await seeds.account(conn, scene.org, scene.id, handle=f"shop{number}")
    await asyncio.gather(*(scene.look() for _ in range(4)))
    assert await scene.count("job where kind = 'collect_metrics'") == 31
    claims = await scene.claims(free=100)
    await pool.execute("update social_account set collect_at = now()")
    await scene.look()
    assert await scene.count("job where kind = 'collect_metrics'") == 31
    assert {await scene.perform(claim) for claim in claims} == {"completed"}


@pytest.mark.parametrize("end", ["disconnected", "archived", "suspended", "purged"])
async def test_ended_accounts_and_projects_are_not_collected(scene: CollectionScene, pool: Pool, end: str) -> None:
    """An end during the run stores nothing either."""
    await scene.post("one")
    scene.platform.told["one"] = {"views": 1}
    await scene.look()
    [claim] = await scene.claims()
    ending = {
        "disconnected": "update social_account set status = 'disconnected', disconnected_at = now(),"
        " canceled_posts = 0",
        "archived": "update project set status = 'archived', archived_at = now()",
        "suspended": "update organization set resumes_as = tier, tier = 'suspended' where env = 'live'",
        "purged": "update project set status = 'archived', archived_at = now(), purging_at = now()",
    }
    await pool.execute(ending[end])
    assert await scene.perform(claim) in {"completed", "canceled"}
    await scene.pass_time(48)
    assert await scene.visit() == []
    assert (scene.platform.asked, await scene.count("metric_snapshot")) == ([], 0)
    account = await scene.account()
    assert (account["in_s"] is None) is (end == "disconnected")


async def test_a_reactivated_project_is_collected_at_once(scene: CollectionScene, pool: Pool) -> None:
    """Not six hours after its last run."""
    await scene.post("one")
    project = Project(scene.org, scene.id)
    async with pool.acquire() as conn:
        await archive(conn, project)
    assert await scene.visit() == []
    await pool.execute("update job set finished_at = now(), state = 'completed' where kind = 'archive_project'")
    where: dict[str, Any] = {"organization_id": scene.org, "project_id": scene.id, "api_key_id": None}
    await run_in_transaction(pool, partial(projects.apply_project_patch, **where, body=ProjectPatch(status="active")))
    assert await scene.visit() == ["completed"]


async def test_a_project_archived_meanwhile_stores_nothing(scene: CollectionScene, pool: Pool) -> None:
    await scene.post("one")
    scene.platform.told["one"] = {"views": 1}
    archive = "update project set status = 'archived', archived_at = now()"
    scene.platform.meanwhile = lambda: pool.execute(archive)
    assert await scene.visit() == ["canceled"]
    assert await scene.count("metric_snapshot") == 0


async def test_ended_jobs_of_frequent_kinds_are_pruned_soon(scene: CollectionScene, pool: Pool) -> None:
    """There may be one every few seconds."""
    kinds = ["collect_metrics", "relay_conversions", "deliver_webhook"]
    async with pool.acquire() as conn:
        for kind in kinds[1:]:
            await seeds.account(conn, scene.org, scene.id, handle=kind)
        assert await scene.visit() == ["completed"] * 3
        for job, kind in zip(await conn.fetch("select id from job"), kinds, strict=True):
            await conn.execute("update job set kind = $2 where id = $1", job["id"], kind)
        assert await maintenance.prune_short_lived_jobs(conn) == 0
        await conn.execute("update job set finished_at = finished_at - interval '2 hours'")
        assert await maintenance.prune_short_lived_jobs(conn) == 3
    assert await scene.count("job_attempt") == 0
