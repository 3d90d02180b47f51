"""Partners who create projects and publish posts, and repeat each request with its key until it is acknowledged."""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from db.pool import Pool
from schemas import ids
from tests import social_servers
from tests.chaos.platform import Records
from tests.http_server import HttpRequest, HttpResponse
from tests.social_servers import LoopbackPds
from tests.waiting import PATIENCE_S, eventually

#: Partners of each kind. Each publishes on an account of its own.
PARTNERS = 3
#: Seconds until a partner gives a request up and repeats it.
CALL_TIMEOUT_S = 1.0
#: Seconds before each attempt of a request. Few posts are enough to test a failover.
CALL_PAUSE_S = 0.05

#: Answers after which a partner repeats the request.
REPEATABLE = {httpx.codes.CONFLICT, httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE}

PASSWORD = "secret-app-password"
OPEN_POSTS = "select count(*) from scheduled_post where status not in ('published', 'canceled', 'failed')"


@dataclass
class RecordingPds(LoopbackPds):
    """Personal Data Server that stores records by key."""

    records: Records = field(default_factory=Records)

    def answer(self, asked: HttpRequest) -> HttpResponse:
        match asked.path.rpartition("/")[2]:
            case "com.atproto.repo.putRecord":
                return HttpResponse(*self.records.put(asked.json))
            case "com.atproto.repo.getRecord":
                return HttpResponse(*self.records.get(asked.query))
        return super().answer(asked)


@dataclass
class AcknowledgedWrites:
    """`projects` are acknowledged ids, `posts` ids by text; `acknowledged_at` are monotonic times.

    Each attempt goes to any of the `apis`.
    """

    apis: list[httpx.AsyncClient]
    pds: RecordingPds
    content_id: str = ""
    account_ids: list[str] = field(default_factory=list)
    projects: list[str] = field(default_factory=list)
    posts: dict[str, str] = field(default_factory=dict)
    acknowledged_at: list[float] = field(default_factory=list)
    #: Attempts without an acknowledgement, by cause: the transport's error, or the answer's status, code and message.
    refused: Counter[str] = field(default_factory=Counter)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    async def prepare(self) -> None:
        """Create the content, and connect the accounts that it is published on."""
        project = await self.call("/v1/projects", json={"name": "Bakery", "timezone": "Europe/Berlin"})
        path = f"/v1/projects/{project['id']}"
        self.content_id = (await self.call(f"{path}/content/upload", files={"caption": (None, "Fresh bread.")}))["id"]
        for handle in self.pds.passwords:
            login = {"platform": "bluesky", "identifier": handle, "appPassword": PASSWORD, "serviceUrl": self.pds.url}
            job = await self.call(f"{path}/social-accounts", json=login)
            ended = await self.apis[0].get(job["locationUrl"], params={"wait": 30}, timeout=PATIENCE_S)
            self.account_ids.append(ended.json()["result"]["socialAccountId"])

    async def create_projects(self) -> None:
        while True:
            body = {"name": f"Shop {next(self.numbers)}", "timezone": "Europe/Berlin"}
            self.projects.append((await self.call("/v1/projects", json=body))["id"])

    async def publish_posts(self, account_id: str) -> None:
        while True:
            text = f"post {next(self.numbers)}"
            target = {"socialAccountId": account_id, "captionOverride": text}
            body = {"targets": [target], "allowDuplicate": True}
            made = await self.call(f"/v1/content/{self.content_id}/publish", json=body)
            self.posts[text] = made["scheduledPosts"][0]["id"]

    async def call(self, path: str, **body: Any) -> dict[str, Any]:
        """Send a request until it is acknowledged; return the answer's body."""
        headers = {"Idempotency-Key": f"request {next(self.numbers)}"}
        while True:
            await asyncio.sleep(CALL_PAUSE_S)
            try:
                answer = await random.choice(self.apis).post(path, headers=headers, **body)
            except httpx.TransportError as error:
                self.refused[repr(error.__context__ or error)] += 1
            else:
                if answer.is_success:
                    self.acknowledged_at.append(time.monotonic())
                    made: dict[str, Any] = answer.json()
                    return made
                assert answer.status_code in REPEATABLE, answer.text
                problem = answer.json()["error"]
                self.refused[f"{answer.status_code} {problem['code']}: {problem['message']}"] += 1

    async def more(self, count: int) -> None:
        """Wait until so many more projects, and as many posts, are acknowledged."""
        projects, posts = len(self.projects) + count, len(self.posts) + count

        async def are_there() -> bool:
            return len(self.projects) >= projects and len(self.posts) >= posts

        await eventually(are_there)

    async def assert_present_once(self, pool: Pool) -> None:
        """Assert that each acknowledged project is there once, and that each acknowledged post goes out once."""
        rows = await pool.fetch("select id, name from project where name like 'Shop %'")
        assert {*self.projects} <= {ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, row["id"]) for row in rows}
        assert len({row["name"] for row in rows}) == len(rows)

        async def have_ended() -> bool:
            return not await pool.fetchval(OPEN_POSTS)

        await eventually(have_ended)
        rows = await pool.fetch("select id, status from scheduled_post")
        assert {row["status"] for row in rows} == {"published"}
        assert {*self.posts.values()} <= {ids.format_prefixed_id(ids.POST_ID_PREFIX, row["id"]) for row in rows}
        records = self.pds.records
        texts = Counter(text for repo in records.repos for text in records.texts(repo))
        assert {*self.posts} <= texts.keys()
        assert ({*texts.values()}, len(texts)) == ({1}, len(rows))


@asynccontextmanager
async def serve_pds() -> AsyncIterator[RecordingPds]:
    """Serve a platform with an account for each partner that publishes."""
    pds = RecordingPds(passwords={f"shop{number}.example": PASSWORD for number in range(PARTNERS)})
    async with social_servers.serving(pds):
        yield pds


def open_api(url: str, key: str, *, timeout_s: float = CALL_TIMEOUT_S) -> httpx.AsyncClient:
    """Open a partner's client of an API."""
    return httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=timeout_s)


@asynccontextmanager
async def writing(writes: AcknowledgedWrites) -> AsyncIterator[None]:
    """Prepare, then let the partners write until the end of the block."""
    await writes.prepare()
    callers = [writes.create_projects() for _ in range(PARTNERS)]
    callers += [writes.publish_posts(account_id) for account_id in writes.account_ids]
    tasks = [asyncio.create_task(caller) for caller in callers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [repr(one) for one in ended if not isinstance(one, asyncio.CancelledError)] == []
