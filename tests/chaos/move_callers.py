"""Callers that use an organization while it moves, the platform that they post to, and their scene."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import httpx

from db.pool import Conn
from domain.accounts.credentials import TokenGrant
from schemas import ids
from tests import seeds
from tests.chaos.fleet import Fleet
from tests.chaos.platform import Records
from tests.waiting import PATIENCE_S, eventually
from tests.workers.tasks.deliver_webhook.scene import DeliveryScene

POSTS, ACCOUNTS = 60, 4


class CountingRecords(Records):
    """Counts the calls that create each record."""

    def __init__(self) -> None:
        super().__init__()
        self.puts: Counter[tuple[str, str]] = Counter()

    def put(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.puts[asked["repo"], asked["rkey"]] += 1
        return super().put(asked)


def build_event(event_id: str, person: str) -> dict[str, str]:
    at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return {"eventId": event_id, "name": "opened", "anonymousId": person, "occurredAt": at}


@dataclass
class Callers:
    """Callers that repeat each request until its 2xx. `url` is the cell that the proxy would choose."""

    url: str
    key: str
    app_id: str
    app_key: str
    is_over: bool = False
    projects: list[str] = field(default_factory=list)
    posts: list[str] = field(default_factory=list)
    event_ids: list[str] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    longest_s: float = 0.0

    async def send(self, http: httpx.AsyncClient, path: str, body: Any, key: str, **headers: str) -> dict[str, Any]:
        """Send a request until it is accepted; return the answer."""
        began = time.monotonic()
        while True:
            try:
                answer = await http.post(
                    f"{self.url}{path}", json=body, headers={"Authorization": f"Bearer {key}", **headers}
                )
            except httpx.TransportError:
                continue
            if answer.status_code in {httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.TOO_MANY_REQUESTS}:
                assert "Retry-After" in answer.headers, answer.text
                self.refusals[answer.json()["error"]["message"]] += 1
                await asyncio.sleep(0.02)
                continue
            assert answer.is_success, answer.text
            self.longest_s = max(self.longest_s, time.monotonic() - began)
            body_of_answer: dict[str, Any] = answer.json()
            return body_of_answer

    async def create_projects(self, http: httpx.AsyncClient, number: int) -> None:
        for at in count():
            if self.is_over:
                return
            body = {"name": f"Shop {number}-{at}", "timezone": "Europe/Berlin"}
            made = await self.send(http, "/v1/projects", body, self.key, **{"Idempotency-Key": f"p{number}-{at}"})
            self.projects.append(made["id"])

    async def schedule_posts(self, http: httpx.AsyncClient, contents: list[tuple[str, str]]) -> None:
        for content, account in contents:
            due = f"{datetime.now(UTC) + timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"
            body = {"targets": [{"socialAccountId": account}], "scheduledFor": due}
            path = f"/v1/content/{content}/schedule"
            made = await self.send(http, path, body, self.key, **{"Idempotency-Key": content})
            self.posts.append(made["scheduledPosts"][0]["id"])
            await asyncio.sleep(0.1)

    async def send_events(self, http: httpx.AsyncClient) -> None:
        for at in count():
            if self.is_over:
                return
            batch = [f"e{at}-{number}" for number in range(5)]
            body = {"events": [build_event(one, f"a{at % 7}") for one in batch]}
            answer = await self.send(http, f"/v1/apps/{self.app_id}/events", body, self.app_key)
            assert answer["rejected"] == []
            self.event_ids += batch


@asynccontextmanager
async def calling(callers: Callers, contents: list[tuple[str, str]]) -> AsyncIterator[None]:
    """Let callers of all kinds send within the block."""
    async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as http, asyncio.TaskGroup() as group:
        for number in range(2):
            group.create_task(callers.create_projects(http, number))
        group.create_task(callers.schedule_posts(http, contents))
        group.create_task(callers.send_events(http))
        try:
            yield
        finally:
            callers.is_over = True


async def create_scene(fleet: Fleet, records: Records, hook: str) -> tuple[list[tuple[str, str]], Any]:
    """Create accounts at the platform, content for them, an app and a webhook endpoint."""
    contents = []
    async with fleet.pool.acquire() as conn:
        project_id = await seeds.project(conn, fleet.org)
        accounts = [
            await seeds.account(
                conn, fleet.org, project_id, handle=f"shop{at}", platform="bluesky",
                service_url=f"http://{records.host}", external_id=f"did:plc:shop{at}",
                grant=TokenGrant(access_token=f"token-{at}"),
            )
            for at in range(ACCOUNTS)
        ]  # fmt: skip
        for at in range(POSTS):
            content = await seeds.content(conn, fleet.org, project_id, caption=f"Bread number {at}.")
            shown = ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, accounts[at % ACCOUNTS])
            contents.append((ids.format_prefixed_id(ids.CONTENT_ID_PREFIX, content), shown))
        app = await seeds.app(
            conn, fleet.org, project_id, platform="ios", bundle_id="com.example.shop", web_domain=None
        )
    await DeliveryScene(fleet.pool, fleet.settings, fleet.org).endpoint(hook)
    return contents, app


async def create_project_with_events(conn: Conn, org: UUID, *, days_ago: int = 0) -> UUID:
    """Create a project with the events `one` and `two`."""
    project_id = await seeds.project(conn, org)
    for event_id in ("one", "two"):
        await conn.execute(
            """insert into event (project_id, app_no, event_key, name, occurred_at, event_id, properties, context)
               values ($1, 1, gen_random_uuid(), 'opened', now() - interval '1 day' * $3, $2, '{}', '{}')""",
            project_id,
            event_id,
            days_ago,
        )
    return project_id


async def reaches(read: Callable[[], Awaitable[int]] | Callable[[], int], wanted: int) -> None:
    async def enough() -> bool:
        found = read()
        return (found if isinstance(found, int) else await found) >= wanted

    await eventually(enough)
