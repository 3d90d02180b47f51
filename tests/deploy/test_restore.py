"""A restored dump: its open work continues, and a person reviews posts sent after the dump."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import httpx
import pytest
from msgspec.structs import replace as replace_in
from standardwebhooks import Webhook

from api.app import create_app
from db import local
from db.migrate import migrate_databases
from db.pool import Pool, open_postgres_pool, run_in_transaction
from domain.media.folder import open_folder_store
from domain.operations import pools
from jobs.courier import WakeCourier, open_redis_wake_courier
from jobs.kinds import DELIVER_WEBHOOK_KIND
from jobs.outcomes import Done, TaskOutcome
from schemas import ids
from schemas.settings import Settings
from tests import debian, seeds
from tests.api.conftest import client_of, hold_context, open_caller
from tests.deploy.forms import ROOT
from tests.media import picture as draw_image
from tests.servers import FAST, environment, settings_for
from tests.waiting import eventually
from tests.workers.runtime.workers import Workers, at_work, running
from tests.workers.tasks.deliver_webhook.conftest import receiver
from tests.workers.tasks.deliver_webhook.scene import DeliveryScene
from tests.workers.tasks.publish_post.project import PublishingProject
from tests.workers.tasks.publish_post.scripted import ScriptedPlatform
from tests.workers.webhooks.receiver import WebhookReceiver
from workers.dispatcher.loop import Dispatcher
from workers.runtime.context import TaskContext
from workers.tasks import TASK_OPENER_BY_KIND

__all__ = ["receiver"]

pytestmark = pytest.mark.peers

PAGE = ROOT / "docs" / "howto" / "backup.md"
PICTURE = draw_image("JPEG", (400, 500))
NEW_PROJECT = {"name": "Bakery", "timezone": "Europe/Berlin"}


class RestoredPlatform(NamedTuple):
    """A platform on one server, with its files in a folder."""

    settings: Settings
    files: Path
    pool: Pool
    courier: WakeCourier
    url: str

    def workers(self, org: UUID) -> Workers:
        return Workers(self.settings, self.pool, org, self.courier)

    @asynccontextmanager
    async def api(self, key: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
        app = create_app(self.settings)
        async with hold_context(app.lifespan()), client_of(app, key) as client:
            yield client


@asynccontextmanager
async def running_platform(folder: Path, redis_url: str) -> AsyncIterator[RestoredPlatform]:
    binaries = debian.versions()[-1]
    with local.run_local_postgres(folder, FAST, binaries=binaries) as server:
        files = folder.with_name(f"{folder.name}-files")
        settings = settings_for(server.url, redis_url, assets_url=files.as_uri())
        async with open_postgres_pool(server.url, name="test") as pool, open_redis_wake_courier(redis_url) as courier:
            yield RestoredPlatform(settings, files, pool, courier, server.url)


def documented_commands() -> list[list[str]]:
    """Return the backup and restore commands of the page."""
    lines = PAGE.read_text("utf-8").splitlines()
    return [line.split() for line in lines if line.startswith(("tenantry backup ", "tenantry restore "))]


def run_command(words: list[str], url: str, file: Path) -> None:
    completed = subprocess.run(
        [sys.executable, "-m", "cli", *words[1:-1], str(file)], capture_output=True, text=True, check=False,
        env={**os.environ, **environment(settings_for(url, "redis://127.0.0.1"))},
    )  # fmt: skip
    assert completed.returncode == 0, completed.stderr


def possibly_sent_query() -> str:
    """Return the page's query for possibly sent posts."""
    return PAGE.read_text("utf-8").partition("```sql\n")[2].partition("```")[0]


async def work(_: TaskContext) -> TaskOutcome:
    return Done({"done": True})


class DumpedState(NamedTuple):
    """State at the dump: an API key, the answer to a request, posts and jobs.

    The post `soon` and the webhook `event` were sent after the dump. `picture` is content with a file.
    """

    key: str
    first: httpx.Response
    picture: str
    secret: str
    event: str
    project: PublishingProject
    sent: UUID
    soon: UUID
    later: UUID
    running: UUID
    waiting: UUID


async def run_first_day(old: RestoredPlatform, folder: Path, receiver: WebhookReceiver) -> DumpedState:
    """Run a day on the old server, dump it, and send a post and a webhook after the dump."""
    app = create_app(old.settings)
    async with hold_context(app.lifespan()), open_caller(app, old.pool, "Acme") as acme:
        first = await post_project(acme.http, "before")
        project = await create_project(old, acme.organization_id, folder)
        sent, soon = await project.post("one"), await project.post("two")
        later, picture = await schedule_tomorrow(project), await upload(acme.http, project)
        hooks = DeliveryScene(old.pool, replace_in(old.settings, fetch_allow=receiver.host), acme.organization_id)
        _, secret = await hooks.endpoint(receiver.url, "job.failed")
        [event] = await hooks.emit("job.failed")
        assert await project.attempt() == "completed"
        workers, release = old.workers(acme.organization_id), asyncio.Event()

        async def wait(_: TaskContext) -> TaskOutcome:
            await release.wait()
            return Done({})

        async with workers.working(wait, slots=1):
            running = await workers.submit()
            await workers.becomes(running, "state = 'running'")
            waiting = await workers.submit()
            await asyncio.to_thread(run_command, documented_commands()[0], old.url, folder / "dump")
            release.set()
        assert await project.attempt() == "completed"
        assert await hooks.attempt() == ["completed"]
        await post_project(acme.http, "after")
    assert project.platform.live == {str(sent): 1, str(soon): 1}
    return DumpedState(acme.key, first, picture, secret, event, project, sent, soon, later, running, waiting)


async def post_project(client: httpx.AsyncClient, key: str) -> httpx.Response:
    return await client.post("/v1/projects", json=NEW_PROJECT, headers={"Idempotency-Key": key})


async def upload(client: httpx.AsyncClient, project: PublishingProject) -> str:
    """Upload content with an image. Return its id."""
    path = f"/v1/projects/{ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, project.id)}/content/upload"
    response = await client.post(path, files={"file": PICTURE})
    assert response.status_code == 201, response.text
    content_id: str = response.json()["id"]
    return content_id


async def create_project(server: RestoredPlatform, org: UUID, folder: Path) -> PublishingProject:
    """Create a project on a platform that creates a new record for each send."""
    async with server.pool.acquire() as conn:
        project_id = await seeds.project(conn, org)
        account_id = await seeds.account(conn, org, project_id)
    store, platform = open_folder_store(f"file:{folder}"), ScriptedPlatform(may_repeat_send_safely=False)
    return PublishingProject(server.pool, server.settings, server.courier, org, project_id, account_id, store, platform)


async def schedule_tomorrow(project: PublishingProject) -> UUID:
    at = datetime.now(UTC) + timedelta(days=1)
    async with project.pool.acquire() as conn:
        content_id = await seeds.content(conn, project.org, project.id, caption="three")
        return await seeds.post(conn, project.org, content_id, project.account_id, at=at)


async def set_paused(server: RestoredPlatform, *, paused: bool) -> None:
    await run_in_transaction(
        server.pool, lambda conn: pools.pause_or_resume_pool(conn, name="publish", paused=paused, slots=1)
    )


async def review_before_resuming(new: RestoredPlatform, day: DumpedState) -> None:
    """Follow the page's order: a person reviews possibly sent posts before publishing resumes."""
    await set_paused(new, paused=True)
    post_ids = [row["id"] for row in await new.pool.fetch(possibly_sent_query())]
    assert post_ids == [ids.format_prefixed_id(ids.POST_ID_PREFIX, day.soon)]
    async with new.api(day.key) as client:
        again = await post_project(client, "before")
        assert (again.status_code, again.content) == (day.first.status_code, day.first.content)
        assert (await post_project(client, "after")).headers.get("Idempotent-Replayed") is None
        [asset] = (await client.get(f"/v1/content/{day.picture}")).json()["assets"]
        assert (await client.get(asset["url"])).content == PICTURE
        assert (await client.delete(f"/v1/scheduled-posts/{post_ids[0]}")).is_success
    await set_paused(new, paused=False)


async def run_next_day(new: RestoredPlatform, day: DumpedState, receiver: WebhookReceiver) -> None:
    """Run the next day: open jobs end, and a due post is sent; no post is sent twice.

    The webhook is delivered again, with the same id.
    """
    project = replace(day.project, pool=new.pool, settings=new.settings, courier=new.courier)
    await new.pool.execute("update job set run_at = now() where stage = 'scheduled'")
    await project.move(day.later, 0)
    workers = new.workers(project.org)
    reaching = replace_in(new.settings, fetch_allow=receiver.host)
    sender = at_work(reaching, new.pool, {DELIVER_WEBHOOK_KIND: TASK_OPENER_BY_KIND[DELIVER_WEBHOOK_KIND]})
    async with running(Dispatcher(new.settings, new.courier)), workers.working(work), project.working(), sender:
        for job in (day.running, day.waiting):
            assert (await workers.ended(job))["state"] == "completed"
        await project.becomes(day.later, "published")
        await eventually(lambda: has_deliveries(receiver, {day.event: 2}))
    for request in receiver.asked:
        Webhook(day.secret).verify(request.body, request.headers)
    assert project.platform.live == {str(day.sent): 1, str(day.soon): 1, str(day.later): 1}


async def has_deliveries(receiver: WebhookReceiver, times: dict[str, int]) -> bool:
    return receiver.times == times


async def test_a_restored_dump_continues_and_lists_posts_sent_after_it(
    tmp_path: Path, redis_url: str, receiver: WebhookReceiver
) -> None:
    async with running_platform(tmp_path / "old", redis_url) as old:
        await migrate_databases(old.url)
        day = await run_first_day(old, tmp_path, receiver)
    async with running_platform(tmp_path / "new", redis_url) as new:
        shutil.copytree(old.files, new.files)
        await asyncio.to_thread(run_command, documented_commands()[1], new.url, tmp_path / "dump")
        assert await migrate_databases(new.url) == []
        await review_before_resuming(new, day)
        await run_next_day(new, day, receiver)
