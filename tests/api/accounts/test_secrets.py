"""The life of posts from the first link to the disconnect: no secret is ever stored in plain text."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
import pytest_asyncio
import redis

from db.pool import Pool
from jobs.courier import open_redis_wake_courier
from schemas.settings import Settings
from telemetry import logs
from tests.api.accounts.project import ConnectingProject
from tests.dumps import dump_database, find_secrets
from tests.http_server import HttpRequest, HttpResponse
from tests.media import picture
from tests.social_servers import Fediverse, LoopbackPds, serving
from tests.waiting import eventually
from tests.workers.runtime.workers import Workers
from workers.dispatcher.loop import Dispatcher
from workers.runtime.shutdown import StopSoonOrNowRequest
from workers.tasks import open_pool_tasks


@dataclass
class PostingInstance(Fediverse):
    """A fediverse server that also accepts posts with files."""

    posts: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, asked: HttpRequest) -> HttpResponse:
        if not asked.path.startswith(("/api/v2/media", "/api/v1/statuses", "/api/v1/accounts/101/statuses")):
            return super().answer(asked)
        if asked.token not in self.tokens:
            return HttpResponse(401, {"error": "The access token is invalid"})
        if asked.method == "GET":
            return HttpResponse(200, self.posts[::-1])
        if asked.path == "/api/v2/media":
            return HttpResponse(200, {"id": "7"})
        body, number = msgspec.json.decode(asked.body), len(self.posts) + 1
        shown = {"id": str(number), "content": body["status"], "url": f"{self.url}/@ada/{number}"}
        self.posts.append(shown)
        return HttpResponse(200, shown)


@dataclass
class RecordingPds(LoopbackPds):
    """A PDS that also stores records; `opened` are the access tokens that it issued."""

    records: dict[str, Any] = field(default_factory=dict)
    opened: list[str] = field(default_factory=list)

    def open(self, handle: str) -> HttpResponse:
        told = super().open(handle)
        self.opened.append(told.content["accessJwt"])
        return told

    def answer(self, asked: HttpRequest) -> HttpResponse:
        verb = asked.path.rpartition("/")[2]
        if verb not in {"com.atproto.repo.putRecord", "com.atproto.repo.uploadBlob"}:
            return super().answer(asked)
        if asked.token not in self.opened:
            return HttpResponse(401, {"error": "InvalidToken"})
        if verb == "com.atproto.repo.uploadBlob":
            return HttpResponse(200, {"blob": {"$type": "blob", "ref": {"$link": "bafy"}, "size": len(asked.body)}})
        put = msgspec.json.decode(asked.body)
        self.records[put["rkey"]] = put["record"]
        return HttpResponse(200, {"uri": f"at://{put['repo']}/{put['collection']}/{put['rkey']}", "cid": "bafy"})


@pytest_asyncio.fixture
async def fediverse() -> AsyncIterator[PostingInstance]:
    server = PostingInstance(expires_in=3600)
    async with serving(server):
        yield server


@pytest_asyncio.fixture
async def pds() -> AsyncIterator[RecordingPds]:
    server = RecordingPds(passwords={"shop.example": "secret-app-password"})
    async with serving(server):
        yield server


@pytest_asyncio.fixture
async def project(
    project_without_worker: ConnectingProject, local_settings: Settings, pool: Pool
) -> AsyncIterator[ConnectingProject]:
    """A project with a dispatcher, and a worker for all jobs of posts."""
    stop = StopSoonOrNowRequest()
    async with (
        open_redis_wake_courier(local_settings.redis_url) as courier,
        open_pool_tasks(local_settings, "publish") as tasks,
        Workers(local_settings, pool, project_without_worker.acme.organization_id, courier).working_kinds(tasks),
        asyncio.TaskGroup() as group,
    ):
        group.create_task(Dispatcher(local_settings, courier).run(stop))
        yield project_without_worker
        stop.request_stop()


async def request_json(project: ConnectingProject, method: str, path: str, **given: Any) -> Any:
    answer = await project.acme.http.request(method, f"/v1{path}", **given)
    assert answer.is_success, answer.text
    return answer.json()


async def publish_post(project: ConnectingProject, caption: str, accounts: list[str]) -> None:
    """Upload, schedule and approve a post; wait until it is published on both platforms."""
    parts = [("caption", (None, caption)), ("file", ("a.png", picture(), "image/png"))]
    content = await request_json(project, "POST", f"/projects/{project.id}/content/upload", files=parts)
    at = (datetime.now(UTC) + timedelta(seconds=1)).isoformat().replace("+00:00", "Z")
    body = {"scheduledFor": at, "targets": [{"socialAccountId": each} for each in accounts]}
    created = await request_json(project, "POST", f"/content/{content['id']}/schedule", json=body)
    assert created["gateStatus"] == "blocked_on_approval"
    await request_json(project, "POST", f"/content/{content['id']}/approve")
    for one in created["scheduledPosts"]:
        await wait_until_published(project, one["id"])


async def wait_until_published(project: ConnectingProject, post_id: str) -> None:
    async def is_there() -> bool:
        post = await request_json(project, "GET", f"/scheduled-posts/{post_id}")
        return bool(post["status"] == "published")

    await eventually(is_there)


def read_redis(redis_url: str) -> str:
    """Return all contents of Redis as text."""
    with redis.Redis.from_url(redis_url) as client:
        read = {b"string": client.get, b"hash": client.hgetall, b"set": client.smembers, b"stream": client.xrange}
        ranges = {b"list": client.lrange, b"zset": client.zrange}
        texts: list[Any] = []
        for key in client.scan_iter():
            kind = client.type(key)
            texts.append(read[kind](key) if kind in read else ranges[kind](key, 0, -1))
    return repr(texts)


def list_secrets(project: ConnectingProject) -> set[str]:
    """Return every secret of the scenario."""
    instance, repositories = project.fediverse, project.pds
    assert isinstance(repositories, RecordingPds)
    said: set[str] = {project.acme.key, *repositories.passwords.values(), *repositories.opened}
    said |= {app.secret for app in instance.apps.values()} | {*instance.tokens, *repositories.sessions}
    for asked in (*instance.asked, *repositories.asked):
        said |= {asked.token}
        if asked.path == "/oauth/token":
            said |= {value for name, value in asked.form.items() if name in SECRET_FIELDS}
    return said - {""}


SECRET_FIELDS = {"code", "code_verifier", "client_secret", "refresh_token"}


async def test_no_secret_of_a_posts_life_is_stored_in_plain_text(
    project: ConnectingProject,
    local_settings: Settings,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in logs.MIN_LIBRARY_LOG_LEVELS:
        caplog.set_level(logging.WARNING, logger=name)
    policy = {"requiresApproval": True}
    await request_json(project, "PATCH", f"/projects/{project.id}/approval-policy", json=policy)
    link = await project.create_link()
    await project.consent_and_return(link)
    mastodon = (await project.status(link["state"])).json()["socialAccountId"]
    bluesky = (await project.log_in_and_wait())["result"]["socialAccountId"]
    await project.log_in_and_wait(appPassword="secret-wrong-password")
    await publish_post(project, "the first", [mastodon, bluesky])
    await project.pool.execute("update account_credential set expires_at = now()")
    await publish_post(project, "after a refresh", [mastodon, bluesky])
    kept = [await dump_database(project.pool), read_redis(local_settings.redis_url)]
    for account in (mastodon, bluesky):
        await request_json(project, "DELETE", f"/social-accounts/{account}")
    kept += [await dump_database(project.pool), *capsys.readouterr(), caplog.text]

    instance, repositories = project.fediverse, project.pds
    assert isinstance(instance, PostingInstance)
    assert isinstance(repositories, RecordingPds)
    assert [post["content"] for post in instance.posts] == ["the first", "after a refresh"]
    assert sorted(each["text"] for each in repositories.records.values()) == ["after a refresh", "the first"]
    assert await project.pool.fetchval("select count(*) from account_credential") == 0
    secrets = list_secrets(project) | {link["state"], "secret-wrong-password"}
    kinds = {secret.split("-")[1] for secret in secrets if secret.startswith("secret-")}
    assert kinds == {"app", "wrong", "client", "code", "access", "refresh"}
    written = "".join(kept)
    assert "after a refresh" in written, "the database is not in it"
    assert "part=publish" in written, "the logs are not in it"
    assert find_secrets(secrets, written) == []
    assert "secret-" not in written
