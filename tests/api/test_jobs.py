"""Jobs over HTTP: polls, waits, streams, cancels and lists."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio
from litestar import Litestar

from api.routes import jobs as route
from db.pool import Conn, Pool
from domain.jobs import jobs
from jobs import ledger
from jobs.kinds import INGEST_WEBSITE_KIND
from jobs.ledger import AttemptSettlement
from jobs.outcomes import Done, Failed, TaskOutcome
from schemas.jobs import Job
from tests import seeds
from tests.api.conftest import ApiCaller, client_of, new_key, poll
from tests.api.disconnecting import call_and_disconnect
from tests.api.participants import new_project
from tests.api.refusals import problem
from tests.api.test_bulk_jobs import start_ingest
from tests.waiting import PATIENCE_S


@pytest_asyncio.fixture
async def job(acme: ApiCaller) -> str:
    """Start an ingest, and return the path of its queued job."""
    return f"/v1/jobs/{await start_ingest(acme, await new_project(acme), 'website')}"


async def settle_due_jobs(pool: Pool, conn: Conn, outcome: TaskOutcome) -> None:
    """Claim all due jobs and settle them with one outcome."""
    claims = await seeds.claims(conn, INGEST_WEBSITE_KIND)
    await jobs.settle_jobs_and_subjects(pool, [AttemptSettlement(claim, outcome) for claim in claims])


def count_waiting(app: Litestar) -> int:
    """Return the number of requests that wait for a job."""
    return int(app.state.services.job_hub.waiting_count)


async def test_a_poll_costs_nothing_until_something_changes(acme: ApiCaller, job: str, pool: Pool, conn: Conn) -> None:
    first = await acme.http.get(job)
    assert (first.status_code, first.headers["Retry-After"]) == (200, "1")
    known = {"If-None-Match": first.headers["ETag"]}
    same = await acme.http.get(job, headers=known)
    assert (same.status_code, same.content) == (304, b"")
    assert (same.headers["ETag"], same.headers["Retry-After"]) == (first.headers["ETag"], "1")
    left, _, _ = first.headers["RateLimit"].partition(";t=")
    assert same.headers["RateLimit"].startswith(f"{left};t=")
    await settle_due_jobs(pool, conn, Done({"source": "website"}))
    ended = await acme.http.get(job, headers=known)
    assert (ended.status_code, ended.json()["status"], ended.json()["progress"]) == (200, "completed", 1.0)
    assert ended.json()["result"] == {"source": "website"}
    assert "Retry-After" not in ended.headers
    weak = {"If-None-Match": f'"7", W/{ended.headers["ETag"]}'}
    assert (await acme.http.get(job, headers=weak)).status_code == 304
    # An ended job is not waited for.
    at_once = await asyncio.wait_for(acme.http.get(job, params={"wait": 30}), PATIENCE_S)
    assert at_once.headers["ETag"] == ended.headers["ETag"]
    again = acme.http.get(job, params={"wait": 30}, headers={"If-None-Match": ended.headers["ETag"]})
    assert (await asyncio.wait_for(again, PATIENCE_S)).status_code == 304
    created = msgspec.json.decode(first.content, type=Job)
    for age, seconds in ((0, 1), (5, 2), (30, 8), (600, 10)):
        assert route._compute_job_poll_retry_after_s(created, created.created_at + timedelta(seconds=age)) == seconds


async def test_a_wait_ends_with_the_job(app: Litestar, acme: ApiCaller, job: str, pool: Pool, conn: Conn) -> None:
    waiting = asyncio.create_task(acme.http.get(job, params={"wait": 30}))
    await poll(lambda: count_waiting(app) == 1)
    (claim,) = await seeds.claims(conn, INGEST_WEBSITE_KIND)
    await ledger.store_job_progress(conn, claim, progress=0.5, stage="fetching")
    await jobs.settle_jobs_and_subjects(pool, [AttemptSettlement(claim, Failed("FETCH_FAILED", "no answer"))])
    answer = await asyncio.wait_for(waiting, PATIENCE_S)
    assert answer.json()["status"] == "failed"
    assert answer.json()["error"] == {"code": "FETCH_FAILED", "message": "no answer", "retryable": False}
    assert count_waiting(app) == 0


async def test_a_wait_with_a_version_ends_with_the_next_one(
    app: Litestar, acme: ApiCaller, job: str, conn: Conn
) -> None:
    known = {"If-None-Match": (await acme.http.get(job)).headers["ETag"]}
    waiting = asyncio.create_task(acme.http.get(job, params={"wait": 30}, headers=known))
    await poll(lambda: count_waiting(app) == 1)
    await seeds.claims(conn, INGEST_WEBSITE_KIND)
    answer = await asyncio.wait_for(waiting, PATIENCE_S)
    assert (answer.status_code, answer.json()["stage"]) == (200, "starting")
    late = await acme.http.get(job, params={"wait": 30}, headers=known)
    assert late.json() == answer.json()


async def test_wait_without_news_returns_304(acme: ApiCaller, job: str) -> None:
    first = await acme.http.get(job)
    known = {"If-None-Match": first.headers["ETag"]}
    same, slow = await asyncio.gather(
        acme.http.get(job, params={"wait": 1}, headers=known), acme.http.get(job, params={"wait": 1})
    )
    assert same.status_code == 304
    assert (slow.status_code, slow.json()) == (200, first.json())


async def test_an_organization_has_a_hundred_seats(
    app: Litestar, acme: ApiCaller, job: str, pool: Pool, conn: Conn
) -> None:
    """For all of its keys together: beyond the limit a wait is answered at once, a stream refused."""
    await conn.execute("update organization set tier = 'partner' where env = 'live'")
    async with client_of(app, await new_key(pool, acme.organization_id)) as second:
        both = [acme.http, second]
        waiting = [asyncio.create_task(http.get(job, params={"wait": 30})) for http in both * 25]
        streaming = [asyncio.create_task(http.get(f"{job}/events")) for http in both * 25]
        await poll(lambda: count_waiting(app) == 100)
        crowded = await asyncio.wait_for(second.get(job, params={"wait": 30}), PATIENCE_S)
        refused = await asyncio.wait_for(second.get(f"{job}/events"), PATIENCE_S)
        assert (crowded.status_code, crowded.json()["status"]) == (200, "running")
        assert problem(refused) == (429, "RATE_LIMITED", {"limit": "streams"})
        assert refused.headers["Retry-After"] == "5"
        await settle_due_jobs(pool, conn, Done())
        answers, streams = await asyncio.gather(*waiting), await asyncio.gather(*streaming)
    assert {answer.json()["status"] for answer in answers} == {"completed"}
    assert {parse_events(stream)[-1][1]["status"] for stream in streams} == {"completed"}
    assert count_waiting(app) == 0


async def test_disconnect_ends_the_wait(app: Litestar, acme: ApiCaller, job: str) -> None:
    for path, query in ((job, b"wait=30"), (f"{job}/events", b"")):
        hang_up = asyncio.Event()
        calling = asyncio.create_task(
            call_and_disconnect(app, "GET", path, headers={"X-Api-Key": acme.key}, query=query, hang_up=hang_up)
        )
        await poll(lambda: count_waiting(app) == 1)
        hang_up.set()
        await asyncio.wait_for(calling, PATIENCE_S)
        assert count_waiting(app) == 0


def parse_events(answer: httpx.Response) -> list[tuple[int, dict[str, Any]]]:
    """Parse the messages of an ended stream into versions and jobs."""
    blocks = [block.split("\n") for block in answer.text.strip().split("\n\n")]
    return [(int(version.removeprefix("id: ")), json.loads(data.removeprefix("data: "))) for version, data in blocks]


async def test_a_stream_tells_each_version_and_closes_after_the_last(
    app: Litestar, acme: ApiCaller, job: str, pool: Pool, conn: Conn
) -> None:
    """From the first one, or after the last event that its reader knows."""
    known = {"Last-Event-ID": "1"}
    streaming = asyncio.gather(acme.http.get(f"{job}/events"), acme.http.get(f"{job}/events", headers=known))
    await poll(lambda: count_waiting(app) == 2)
    await settle_due_jobs(pool, conn, Done())
    answer, resumed = await asyncio.wait_for(streaming, PATIENCE_S)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    told = parse_events(answer)
    assert [version for version, _ in told] == sorted({version for version, _ in told})
    assert [told[0][1]["stage"], told[-1][1]["stage"]] == ["queued", "completed"]
    assert told[-1][1] == (await acme.http.get(job)).json()
    assert parse_events(resumed)[0][0] > 1
    assert parse_events(resumed)[-1:] == told[-1:]
    behind = await acme.http.get(f"{job}/events", headers=known)
    assert parse_events(behind) == told[-1:]
    through = await acme.http.get(f"{job}/events", headers={"Last-Event-ID": str(told[-1][0])})
    assert (through.status_code, through.content) == (204, b"")


async def test_a_stream_ends_in_its_time_and_another_goes_on(
    app: Litestar, acme: ApiCaller, job: str, pool: Pool, conn: Conn, *, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(route, "MAX_JOB_STREAM_S", 0.0)
    first = await asyncio.wait_for(acme.http.get(f"{job}/events"), PATIENCE_S)
    version, _, end = first.text.partition("\n")
    assert "retry: 1000" in end
    monkeypatch.undo()
    last = {"Last-Event-ID": version.removeprefix("id: ")}
    streaming = asyncio.create_task(acme.http.get(f"{job}/events", headers=last))
    await poll(lambda: count_waiting(app) == 1)
    await settle_due_jobs(pool, conn, Done())
    told = parse_events(await asyncio.wait_for(streaming, PATIENCE_S))
    # The job started before it ended, which the stream may include.
    assert told[0][0] > int(last["Last-Event-ID"])
    assert told[-1][1]["status"] == "completed"


async def test_cancel(acme: ApiCaller, job: str, conn: Conn) -> None:
    job_id = job.removeprefix("/v1/jobs/")
    first = await acme.http.post(f"{job}/cancel")
    assert (first.status_code, first.json()) == (202, {"jobId": job_id, "accepted": True})
    again = await acme.http.post(f"{job}/cancel")
    said = {"jobId": job_id, "accepted": False, "reason": "ALREADY_CANCELED"}
    assert (again.status_code, again.json()) == (200, said)
    ended = (await acme.http.get(job)).json()
    assert (ended["status"], ended["cancelRequested"]) == ("canceled", True)
    project = (await acme.http.get(f"/v1/projects/{ended['projectId']}")).json()
    assert project["ingestState"]["website"]["status"] == "canceled"
