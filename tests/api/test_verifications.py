"""The verification job of an SDK app: received events, and findings without events."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio

from db.pool import Pool
from db.server import find_free_port
from domain.apps import apps
from jobs.kinds import VERIFY_TRACKING_KIND
from schemas.settings import Settings
from tests.api.conftest import ApiCaller, read_answer, uuid_of
from tests.api.events.sender import sender
from tests.api.refusals import assert_refused
from tests.domain.events.sending import event, send
from tests.waiting import eventually
from tests.workers.runtime.workers import at_work
from workers.resources import WorkerResources
from workers.runtime.runner import JobTask
from workers.tasks.verify_tracking import build_job_task_with_resources


class VerifiedApp(NamedTuple):
    """An app, and the requests to verify it."""

    acme: ApiCaller
    pool: Pool
    settings: Settings
    at: str
    app_id: UUID
    project_id: UUID

    async def verify(self) -> dict[str, Any]:
        return read_answer(await self.acme.http.post(f"{self.at}/verify-tracking"), 202)

    async def ended(self, job: dict[str, Any]) -> dict[str, Any]:
        return read_answer(await self.acme.http.get(f"/v1/jobs/{job['jobId']}", params={"wait": 30}))

    async def send(self, number: int, **fields: Any) -> None:
        """Store an event as the intake does: the event, then the time of its arrival."""
        given: dict[str, Any] = {"project_id": self.project_id, "occurred_at": datetime.now(UTC)} | fields
        async with self.pool.acquire() as conn:
            await send(conn, [event(number, **given)])
            await apps.store_app_event_time(conn, organization_id=self.acme.organization_id, app_id=self.app_id)

    async def looked(self) -> None:
        """Wait until a poll found nothing and the job is snoozed."""
        seen = "select 1 from job_attempt where outcome = 'snoozed'"
        await eventually(lambda: self.pool.fetchval(seen))

    @asynccontextmanager
    async def listening(self, listens_s: float = 60, **settings: Any) -> AsyncIterator[None]:
        async def opened(resources: WorkerResources) -> JobTask:
            return partial(await build_job_task_with_resources(resources), listens_s=listens_s)  # type: ignore[call-arg]

        mine = msgspec.structs.replace(self.settings, **settings)
        async with at_work(mine, self.pool, {VERIFY_TRACKING_KIND: opened}):
            yield

    async def codes(self) -> list[str]:
        """Return the codes of findings of a job that polls only once."""
        async with self.listening(listens_s=0.001):
            job = await self.ended(await self.verify())
        assert (job["status"], job["result"]["verified"], job["result"]["event"]) == ("completed", False, None)
        return [finding["code"] for finding in job["result"]["findings"]]


@pytest_asyncio.fixture
async def shop(acme: ApiCaller, pool: Pool, settings: Settings) -> VerifiedApp:
    made = await sender(acme, acme.http)
    return VerifiedApp(acme, pool, settings, made.where, uuid_of(made.app["appId"]), made.project_id)


async def test_job_finds_an_event_that_arrives(shop: VerifiedApp) -> None:
    await shop.send(1)
    await shop.pool.execute("update event set received_at = received_at - interval '1 minute'")
    async with shop.listening():
        job = await shop.verify()
        await shop.looked()
        waits = (await shop.acme.http.get(f"/v1/jobs/{job['jobId']}")).json()
        assert waits["status"] == "running"
        assert 0 <= waits["progress"] < 1
        assert await shop.pool.fetchval("select count(*) from job where lease_owner is not null") == 0
        await shop.send(2, event_id="first")
        heard = await shop.ended(job)
    assert heard["status"] == "completed"
    result = heard["result"]
    assert (result["verified"], result["count"], result["findings"]) == (True, 1, [])
    assert (result["event"]["name"], result["event"]["eventId"]) == ("sign_up", "first")


async def test_newest_event_is_shown_and_all_are_counted(shop: VerifiedApp) -> None:
    job, now = await shop.verify(), datetime.now(UTC)
    for number in range(3, 8):
        await shop.send(number, occurred_at=now + timedelta(seconds=number))
    await shop.send(8, app_no=2, occurred_at=now + timedelta(seconds=9))
    async with shop.listening():
        result = (await shop.ended(job))["result"]
    assert (result["count"], result["event"]["eventId"]) == (5, str(UUID(int=7)))


async def test_a_job_without_new_events_says_why(shop: VerifiedApp) -> None:
    """A key that was rotated since the last event comes first; an earlier event doesn't count."""
    assert await shop.codes() == ["NEVER_SEEN"]
    await shop.acme.http.patch(shop.at, json={"rotateKey": True})
    assert await shop.codes() == ["KEY_ROTATED", "NEVER_SEEN"]
    await shop.send(1)
    assert await shop.codes() == ["NONE_CAME"]


async def test_old_or_duplicate_events_have_a_finding(shop: VerifiedApp) -> None:
    job = await shop.verify()
    await shop.send(1, occurred_at=datetime.now(UTC) - timedelta(hours=3))
    async with shop.listening(listens_s=0.001):
        result = (await shop.ended(job))["result"]
    [finding] = result["findings"]
    assert finding["code"] == "OLD_EVENTS"
    assert "over an hour ago" in finding["message"]
    assert "were sent before" in finding["message"]


async def test_rejected_events_are_found_by_code(shop: VerifiedApp) -> None:
    job = await shop.verify()
    refuse = """insert into event_quarantine (project_id, id, app_no, code, text)
                select $1, gen_random_uuid(), 1, code, '{}'
                  from unnest(array['BAD_TIME', 'INVALID', 'BAD_TIME']) as code"""
    await shop.pool.execute(refuse, shop.project_id)
    async with shop.listening(listens_s=0.001):
        [finding] = (await shop.ended(job))["result"]["findings"]
    assert finding["code"] == "EVENTS_REFUSED"
    assert "2 of BAD_TIME, 1 of INVALID" in finding["message"]


@pytest.mark.parametrize("waits", [False, True], ids=["queued", "between looks"])
async def test_a_job_that_listens_can_be_canceled(shop: VerifiedApp, waits: bool) -> None:
    async with shop.listening():
        job = await shop.verify()
        if waits:
            await shop.looked()
        canceled = await shop.acme.http.post(f"/v1/jobs/{job['jobId']}/cancel")
        assert canceled.json()["accepted"]
        assert (await shop.ended(job))["status"] == "canceled"
    again = await shop.acme.http.post(f"/v1/jobs/{job['jobId']}/retry")
    assert (again.status_code, again.json()["kind"]) == (202, "verify_tracking")


async def test_an_app_has_one_job_which_its_deletion_ends(shop: VerifiedApp) -> None:
    job, second = await shop.verify(), await shop.verify()
    assert (second["jobId"], second["deduplicated"]) == (job["jobId"], True)
    await shop.acme.http.delete(shop.at)
    async with shop.listening():
        assert (await shop.ended(job))["error"]["code"] == "APP_DELETED"
    assert_refused(await shop.acme.http.post(f"{shop.at}/verify-tracking"), 404, "NOT_FOUND")


async def test_event_store_outage_gives_no_finding(shop: VerifiedApp) -> None:
    job = await shop.verify()
    await shop.send(1)
    away = f"postgresql://nobody@127.0.0.1:{find_free_port()}/none"
    async with shop.listening(listens_s=0.001, telemetry_url=away):
        await shop.looked()
    async with shop.listening():
        assert (await shop.ended(job))["result"]["verified"]
