"""Fixtures: a project with a brand that suffices for content, and a worker that generates it."""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import httpx
import pytest_asyncio

from db.pool import Pool
from jobs.kinds import CONTENT_GENERATE_KIND
from schemas.settings import Settings
from tests.api.conftest import ApiCaller, read_answer
from tests.workers.runtime.workers import at_work
from workers.tasks import TASK_OPENER_BY_KIND

BRAND = {
    "appName": "Tideline",
    "tagline": "Know the tide before you go",
    "appDescription": "See high and low water for each day. Works without a connection. No account needed.",
    "keywords": ["tide tables", "harbours"],
    "colors": ["#0b6e99", "#ffd166"],
    "primaryLanguage": "en",
}


class GeneratingProject(NamedTuple):
    """A caller and its project; `path` is the project's path."""

    http: httpx.AsyncClient
    path: str

    async def ask(self, **body: Any) -> dict[str, Any]:
        """Request content and return the 202."""
        return read_answer(await self.http.post(f"{self.path}/content", json={"format": "image"} | body), 202)

    async def get(self, path: str, **params: Any) -> dict[str, Any]:
        return read_answer(await self.http.get(f"/v1{path}", params=params))

    async def ended(self, accepted: dict[str, Any]) -> dict[str, Any]:
        """Wait for the end of its job, and return it."""
        job: dict[str, Any] = {"status": "running"}
        while job["status"] == "running":
            job = await self.get(f"/jobs/{accepted['jobId']}", wait=30)
        return job


@pytest_asyncio.fixture
async def maker(acme: ApiCaller) -> GeneratingProject:
    body = {"name": "Tideline", "timezone": "Europe/Berlin"}
    project = (await acme.http.post("/v1/projects", json=body)).headers["Location"]
    answer = await acme.http.patch(project, json={"brandContext": BRAND})
    assert answer.is_success, answer.text
    return GeneratingProject(acme.http, project)


@pytest_asyncio.fixture
async def working(settings: Settings, pool: Pool) -> AsyncIterator[None]:
    async with at_work(settings, pool, {CONTENT_GENERATE_KIND: TASK_OPENER_BY_KIND[CONTENT_GENERATE_KIND]}):
        yield
