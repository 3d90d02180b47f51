"""Fixtures: a sandbox with a movable clock, and workers for all due work."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest_asyncio
from litestar import Litestar

from db.pool import Pool
from domain.publishing import scheduling
from jobs.kinds import (
    ADVANCE_CLOCK_KIND,
    COLLECT_METRICS_KIND,
    CONNECT_ACCOUNT_KIND,
    PUBLISH_POST_KIND,
    RECONCILE_POST_KIND,
    REFRESH_TOKEN_KIND,
)
from schemas import ids
from schemas.posts import ScheduleContent, Target
from schemas.settings import Settings
from tests import seeds
from tests.api.conftest import ApiCaller, open_caller, read_answer
from tests.workers.runtime.workers import at_work
from workers.tasks import TASK_OPENER_BY_KIND

#: The kinds that each pool's worker serves.
SERVED = (
    [ADVANCE_CLOCK_KIND],
    [CONNECT_ACCOUNT_KIND, PUBLISH_POST_KIND, RECONCILE_POST_KIND, REFRESH_TOKEN_KIND],
    [COLLECT_METRICS_KIND],
)


@dataclass(frozen=True)
class ApiSandbox:
    caller: ApiCaller
    pool: Pool
    project_id: UUID

    @property
    def org(self) -> UUID:
        return self.caller.organization_id

    async def get(self, path: str, **params: Any) -> Any:
        return read_answer(await self.caller.http.get(path, params=params))

    async def post(self, path: str, body: Any, *, status: int = 200) -> Any:
        return read_answer(await self.caller.http.post(path, json=body), status)

    async def account(self, handle: str = "shop", **fields: Any) -> str:
        async with self.pool.acquire() as conn:
            account_id = await seeds.account(conn, self.org, self.project_id, handle=handle, **fields)
        return ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, account_id)

    async def connect(self, platform: str) -> str:
        """Connect an account by a person's link, and return it."""
        asked = {"platform": platform, "returnUrl": "http://127.0.0.1:8000/console"}
        link = await self.post(f"/v1/projects/{self.shown_project}/social/oauth-url", asked, status=201)
        back = await self.caller.http.get(link["authorizeUrl"])
        assert back.status_code == 302, back.text
        return str((await self.get(f"/v1/social/oauth-status/{link['state']}"))["socialAccountId"])

    async def schedule(self, account: str, caption: str = "Fresh bread today.", **when: Any) -> str:
        """Schedule a post at `scheduledFor` or `localTime`, and return its id."""
        created = await self.schedule_many([account], caption, **when)
        return str(created["scheduledPosts"][0]["id"])

    async def schedule_many(self, accounts: Sequence[str], caption: str, **when: Any) -> Any:
        """Schedule posts to several accounts, and return the answer."""
        async with self.pool.acquire() as conn:
            content = await seeds.content(conn, self.org, self.project_id, caption=caption)
        body = {"targets": [{"socialAccountId": account} for account in accounts], **when}
        return await self.post(
            f"/v1/content/{ids.format_prefixed_id(ids.CONTENT_ID_PREFIX, content)}/schedule", body, status=202
        )

    @property
    def shown_project(self) -> str:
        return ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, self.project_id)

    async def schedule_locally(self, account: str, local_times: Sequence[str]) -> None:
        """Schedule a post at each of these times, without HTTP: a key's rate limit is too low."""
        for local_time in local_times:
            async with self.pool.acquire() as conn, conn.transaction():
                content = await seeds.content(conn, self.org, self.project_id, caption=f"Bread, {local_time}")
                body = ScheduleContent(targets=[Target(social_account_id=account)], local_time=local_time)
                await scheduling.create_scheduled_posts_of_content(
                    conn,
                    organization_id=self.org,
                    content_id=content,
                    approver_id=None,
                    body=body,
                    now=datetime.now(UTC),
                )

    async def posts(self) -> Any:
        """Return all posts of the project, ordered by time."""
        found = (await self.get(f"/v1/projects/{self.shown_project}/scheduled-posts", limit=200))["items"]
        return sorted(found, key=lambda post: post["scheduledFor"])

    async def read_post(self, post: str) -> Any:
        return await self.get(f"/v1/scheduled-posts/{post}")

    async def now(self) -> datetime:
        """Return the sandbox's time."""
        return datetime.fromisoformat((await self.get("/v1/sandbox/clock"))["now"])

    async def time_after(self, **by: float) -> str:
        """Return a time after the sandbox's time, formatted for a request."""
        return f"{await self.now() + timedelta(**by):%Y-%m-%dT%H:%M:%SZ}"

    async def advance(self, **to: str) -> Any:
        """Advance the clock, wait for its job, and return the clock."""
        started = await self.post("/v1/sandbox/clock", to, status=202)
        assert started["status"] == "advancing"
        await self.wait_for_job(started["jobId"])
        return await self.get("/v1/sandbox/clock")

    async def wait_for_job(self, job_id: str) -> None:
        """Wait until the job has completed."""
        ended: dict[str, Any] = {"status": "running"}
        while ended["status"] == "running":
            ended = await self.get(f"/v1/jobs/{job_id}", wait=30)
        assert (ended["status"], ended["error"]) == ("completed", None)


@pytest_asyncio.fixture
async def sandbox(app: Litestar, settings: Settings, pool: Pool) -> AsyncIterator[ApiSandbox]:
    """A sandbox with workers of all pools."""
    async with open_caller(app, pool, "Acme", env="test") as caller, working(settings, pool):
        async with pool.acquire() as conn:
            project_id = await seeds.project(conn, caller.organization_id)
        yield ApiSandbox(caller, pool, project_id)


@asynccontextmanager
async def working(settings: Settings, pool: Pool) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for kinds in SERVED:
            await stack.enter_async_context(
                at_work(settings, pool, {kind: TASK_OPENER_BY_KIND[kind] for kind in kinds})
            )
        yield
