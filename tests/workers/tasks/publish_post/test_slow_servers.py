"""A server that accepts a post's picture and stays silent: posts of other tenants don't wait for it."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import NoReturn

import msgspec
import pytest

from domain.media.storage import open_media_store
from domain.tenancy import organizations
from jobs.kinds import PUBLISH_POST_KIND
from schemas.errors import NoFreeServerSlot
from tests import http_server, seeds
from tests.http_server import HttpRequest, HttpResponse
from tests.waiting import eventually
from tests.workers.runtime.workers import at_work
from tests.workers.tasks.publish_post.project import PublishingProject
from tests.workers.tasks.publish_post.test_sending import one_chunk
from workers.runtime import server_slots
from workers.runtime.context import TaskContext
from workers.tasks import publish_post

HOGS, POSTS, SLOTS = 2, 6, 10


class SlowPds:
    """A Personal Data Server that responds to an upload only once it is released."""

    def __init__(self) -> None:
        self.held, self.answer, self.url = 0, asyncio.Event(), ""

    async def reply(self, asked: HttpRequest) -> HttpResponse:
        if asked.path.endswith("uploadBlob"):
            self.held += 1
            await self.answer.wait()
            self.held -= 1
            return HttpResponse(200, {"blob": {"$type": "blob", "ref": {"$link": "bafy"}, "size": 43}})
        return HttpResponse(200, {"uri": "at://did:plc:me/app.bsky.feed.post/1", "cid": "bafy"})


@asynccontextmanager
async def serving(pds: SlowPds) -> AsyncIterator[None]:
    async with http_server.listening(pds.reply) as pds.url:
        yield
        pds.answer.set()


async def settled(project: PublishingProject, pds: SlowPds, *, posts: int) -> PublishingProject:
    """Create a tenant of the lowest tier with due posts, each of its own account."""
    async with project.pool.acquire() as conn:
        org = (await organizations.insert_organization_pair(conn, name="Acme", tier="standard")).live
        mine = replace(project, org=org, id=await seeds.project(conn, org))
    for number in range(posts):
        account_id = await mine.account(
            platform="bluesky", handle=f"shop{number}", external_id=f"did:plc:{number}", service_url=pds.url
        )
        await mine.post(f"Post {number}", account_id=account_id)
        await add_picture(mine)
    return mine


async def add_picture(project: PublishingProject) -> None:
    """Add a picture to the tenant's newest content."""
    token = secrets.token_urlsafe(32)
    await open_media_store(project.settings).write(token, one_chunk(bytes(43)))
    await project.pool.execute(
        """insert into content_asset (organization_id, content_id, id, position, kind, mime_type, width,
                                      height, size_bytes, sha256, token)
           select organization_id, id, gen_random_uuid(), 0, 'image', 'image/png', 1, 1, 43, sha256(''), $2
             from content_item where organization_id = $1 order by id desc limit 1""",
        project.org,
        token,
    )


async def test_twelve_posts_whose_uploads_hang_make_no_other_tenants_post_late(project: PublishingProject) -> None:
    slow, quick = SlowPds(), SlowPds()
    quick.answer.set()
    async with serving(slow), serving(quick):
        hosts = ",".join(pds.url.removeprefix("http://") for pds in (slow, quick))
        settings = msgspec.structs.replace(project.settings, slots=SLOTS, fetch_allow=hosts)
        for _ in range(HOGS):
            await settled(project, slow, posts=POSTS)
        async with at_work(settings, project.pool, {PUBLISH_POST_KIND: publish_post.build_job_task_with_resources}):
            await eventually(lambda: hang(project, slow))
            newcomer = await settled(project, quick, posts=1)
            await eventually(lambda: published(newcomer))
            assert 0 < slow.held < SLOTS
            slow.answer.set()
            await eventually(lambda: all_published(project))


async def hangs(pds: SlowPds) -> bool:
    return pds.held > 0


async def test_a_post_at_a_busy_server_is_snoozed_at_no_cost(
    project: PublishingProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two slots one server may hold one: the other tenant's post waits unchanged."""
    monkeypatch.setattr(server_slots, "MAX_REMOTE_SERVER_SLOT_WAIT_S", 0.0)
    async with serving(slow := SlowPds()):
        settings = msgspec.structs.replace(project.settings, slots=2, fetch_allow=slow.url.removeprefix("http://"))
        tenants = [await settled(project, slow, posts=1) for _ in range(2)]
        async with at_work(settings, project.pool, {PUBLISH_POST_KIND: publish_post.build_job_task_with_resources}):
            await eventually(lambda: is_snoozed(project))
            await eventually(lambda: hangs(slow))
            assert slow.held == 1
            slow.answer.set()
            await eventually(lambda: all_published(project))
    attempts = await project.pool.fetch("select organization_id, outcome from ended_attempt order by fence")
    assert {row["organization_id"] for row in attempts} == {tenant.org for tenant in tenants}
    assert {row["outcome"] for row in attempts} == {"completed", "snoozed"}


async def test_an_accepted_post_is_polled_at_a_busy_server(
    project: PublishingProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.platform.plan(send=["take"], poll=["unreached"])
    post_id = await project.post()
    with monkeypatch.context() as busy:
        busy.setattr(TaskContext, "hold_server_slot", no_slot)
        assert await project.attempt() == "snoozed"
        assert project.platform.calls == []
    await project.skip_waits()
    assert await project.attempt() == "retry"
    assert (await project.row(post_id))["phase"] == "accepted"
    await project.skip_waits()
    monkeypatch.setattr(TaskContext, "hold_server_slot", no_slot)
    assert await project.attempt() == "completed"


def no_slot(_: TaskContext, server: str) -> NoReturn:
    raise NoFreeServerSlot(server)


async def is_snoozed(project: PublishingProject) -> bool:
    """Return whether one post is snoozed: no attempt is spent, and its row is unchanged."""
    row = await project.pool.fetchrow(
        """select j.attempt, p.status, p.phase, p.last_error
             from job j join scheduled_post p on p.job_id = j.id
            where j.state = 'queued' and j.fence > 0"""
    )
    return row is not None and tuple(row) == (0, "queued", None, None)


async def hang(project: PublishingProject, slow: SlowPds) -> bool:
    """Return whether as many posts as possible are at the server, or wait for it."""
    running = await project.pool.fetchval("select count(*) from job where state = 'running'")
    return bool(slow.held and running >= SLOTS - 3)


async def published(project: PublishingProject) -> bool:
    mine = "select exists (select from scheduled_post where organization_id = $1 and status = 'published')"
    return bool(await project.pool.fetchval(mine, project.org))


async def all_published(project: PublishingProject) -> bool:
    left = "select exists (select from scheduled_post where status <> 'published')"
    return not await project.pool.fetchval(left)
