"""5. Partners poll a job: by ETag with cheap 304 responses, or by long polling."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from jobs.kinds import INGEST_WEBSITE_KIND
from jobs.outcomes import Done, TaskOutcome
from tests.api.conftest import ApiCaller
from tests.workers.runtime.workers import Workers
from workers.runtime.context import TaskContext

SITE = {"url": "https://example.com/"}


@pytest_asyncio.fixture
async def job(acme: ApiCaller) -> AsyncIterator[str]:
    """Yield the path of a newly submitted job."""
    created = await acme.http.post("/v1/projects", json={"name": "Shop", "timezone": "Europe/Berlin"})
    accepted = await acme.http.post(f"{created.headers['Location']}/ingest/website", json=SITE)
    assert accepted.status_code == 202
    yield accepted.headers["Location"]


async def test_a_queued_job_has_status_running(acme: ApiCaller, job: str) -> None:
    """An open job's status is always `running`; its `stage` shows the progress."""
    polled = await acme.http.get(job)
    assert (polled.json()["status"], polled.json()["stage"]) == ("running", "queued")
    assert polled.headers["Retry-After"] == "1"


async def test_a_poll_that_finds_nothing_new_is_a_304(acme: ApiCaller, job: str) -> None:
    version = (await acme.http.get(job)).headers["ETag"]
    again = await acme.http.get(job, headers={"If-None-Match": version})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_poll_may_wait_for_the_end(acme: ApiCaller, job: str, workers: Workers) -> None:
    async def read(ctx: TaskContext) -> TaskOutcome:
        await ctx.report_progress(0.5, stage="fetching")
        return Done({"source": "website"})

    waiting = asyncio.create_task(acme.http.get(job, params={"wait": 20}))
    async with workers.working(read, kind=INGEST_WEBSITE_KIND):
        ended = (await waiting).json()
    assert (ended["status"], ended["progress"]) == ("completed", 1)
    assert ended["result"] == {"source": "website"}


async def test_a_queued_job_is_canceled_at_once_and_a_retry_is_a_new_job(acme: ApiCaller, job: str) -> None:
    canceled = await acme.http.post(f"{job}/cancel")
    assert (canceled.status_code, canceled.json()["accepted"]) == (202, True)
    retried = await acme.http.post(f"{job}/retry")
    assert retried.status_code == 202
    new = (await acme.http.get(retried.headers["Location"])).json()
    old = (await acme.http.get(job)).json()
    assert (old["status"], new["status"]) == ("canceled", "running")
    assert new["retryOf"] == old["jobId"]
