"""7. An ingest turns an address into a brand context; the partner's own values override it.

A sandbox fetches no page: one address always gives the same result.
"""

from collections.abc import AsyncIterator

import pytest_asyncio
from litestar import Litestar

from jobs.kinds import ARCHIVE_PROJECT_KIND, INGEST_WEBSITE_KIND
from tests.api.conftest import ApiCaller, open_caller
from tests.workers.runtime.workers import Workers
from workers.tasks import open_pool_tasks


@pytest_asyncio.fixture
async def sandbox(app: Litestar, workers: Workers) -> AsyncIterator[ApiCaller]:
    """Yield a caller with a partner's test key: a sandbox is an organization of its own."""
    async with open_caller(app, workers.pool, "Acme", env="test") as caller:
        yield caller


async def ingest(caller: ApiCaller, workers: Workers, project: str, url: str) -> dict[str, object]:
    """Run an ingest. Return the ended job."""
    accepted = await caller.http.post(f"{project}/ingest/website", json={"url": url})
    assert accepted.status_code == 202, accepted.text
    async with (
        open_pool_tasks(workers.settings, "ingest") as tasks,
        workers.working(tasks[INGEST_WEBSITE_KIND], kind=INGEST_WEBSITE_KIND),
    ):
        ended = await caller.http.get(accepted.headers["Location"], params={"wait": 20})
    return dict(ended.json())


async def create(caller: ApiCaller) -> str:
    created = await caller.http.post("/v1/projects", json={"name": "Shop", "timezone": "Europe/Berlin"})
    return str(created.headers["Location"])


async def test_an_ingest_fills_the_brand_context(sandbox: ApiCaller, workers: Workers) -> None:
    project = await create(sandbox)
    job = await ingest(sandbox, workers, project, "https://example.test/ok")
    assert job["status"] == "completed"
    brand = (await sandbox.http.get(project)).json()["brandContext"]
    assert brand["appName"] == "Example"
    assert brand["provenance"]["appName"]["source"] == "website"
    assert brand["provenance"]["appName"]["jobId"] == job["jobId"]


async def test_a_partners_value_wins_until_it_is_removed(sandbox: ApiCaller, workers: Workers) -> None:
    project = await create(sandbox)
    await ingest(sandbox, workers, project, "https://example.test/ok")
    overridden = await sandbox.http.patch(project, json={"brandContext": {"appName": "Acme"}})
    assert overridden.json()["brandContext"]["appName"] == "Acme"
    removed = await sandbox.http.patch(project, json={"brandContext": {"appName": None}})
    assert removed.json()["brandContext"]["appName"] == "Example"


async def test_an_unreadable_page_fails_the_job_with_its_code(sandbox: ApiCaller, workers: Workers) -> None:
    project = await create(sandbox)
    job = await ingest(sandbox, workers, project, "https://example.test/not-html")
    assert job["status"] == "failed"
    state = (await sandbox.http.get(project)).json()["ingestState"]["website"]
    assert (state["status"], state["error"]["code"]) == ("failed", "NOT_HTML")


async def test_an_archived_project_starts_nothing_and_is_readable(sandbox: ApiCaller, workers: Workers) -> None:
    """The DELETE blocks new starts; its job ends the work in progress."""
    project = await create(sandbox)
    waiting = await sandbox.http.post(f"{project}/ingest/website", json={"url": "https://example.test/ok"})
    archived = (await sandbox.http.delete(project)).json()
    refused = await sandbox.http.post(f"{project}/ingest/website", json={"url": "https://example.test/ok"})
    assert (refused.status_code, refused.json()["error"]["details"]["reason"]) == (409, "PROJECT_ARCHIVED")
    async with (
        open_pool_tasks(workers.settings, "default") as tasks,
        workers.working(tasks[ARCHIVE_PROJECT_KIND], kind=ARCHIVE_PROJECT_KIND),
    ):
        await sandbox.http.get(f"/v1/jobs/{archived['jobId']}", params={"wait": 20})
    assert (await sandbox.http.get(waiting.headers["Location"])).json()["status"] == "canceled"
    assert (await sandbox.http.get(project)).json()["status"] == "archived"
