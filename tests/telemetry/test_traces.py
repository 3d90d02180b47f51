"""One trace from a partner's request to its job's settlement, without any data of callers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import httpx
import pytest
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from db.pool import Conn
from jobs import ledger
from jobs.kinds import INGEST_WEBSITE
from jobs.outcomes import Failed, Outcome, Retry
from schemas import ids
from telemetry import tracing
from telemetry.tracing import Served, Submit
from tests.api.conftest import Caller
from tests.http_server import Asked, Told, listening
from tests.telemetry.spans import Made, Spans, recorded
from tests.workers.runtime.workers import ERRAND, Workers
from workers.runtime.context import Context
from workers.runtime.runner import Task
from workers.web.fetch import open_trusted

SECRET = "s3cr3t-Sentinel"
#: The example of the W3C's recommendation.
THEIR_TRACE, THEIR_SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
#: The caller's flag: not sampled.
TRACEPARENT = f"00-{THEIR_TRACE}-{THEIR_SPAN}-00"
ROUTE = "POST /v1/projects/{project_id}/ingest/website"


async def nothing(_: Conn) -> dict[str, str]:
    return {"said": SECRET}


async def project_of(caller: Caller) -> str:
    made = await caller.http.post("/v1/projects", json={"name": SECRET, "timezone": "UTC"})
    return str(made.json()["id"])


async def ingest(caller: Caller, project: str, **headers: str) -> httpx.Response:
    url = f"https://{SECRET}.example/{SECRET}?key={SECRET}#{SECRET}"
    answer = await caller.http.post(
        f"/v1/projects/{project}/ingest/website", json={"url": url}, headers=headers
    )
    assert answer.status_code == 202, answer.text
    return answer


async def performed(workers: Workers, accepted: httpx.Response, task: Task) -> str:
    """Run the job and return its final state."""
    async with workers.working(task, kind=INGEST_WEBSITE):
        ended = await workers.ended(UUID(accepted.json()["jobId"].removeprefix("job_")))
    return str(ended["state"])


@asynccontextmanager
async def site(status: int) -> AsyncIterator[str]:
    """Serve a site, and yield an address with a secret in each part that may hold one."""

    async def reply(_: Asked) -> Told:
        return Told(status, {"said": SECRET}, (f"X-Said: {SECRET}",))

    async with listening(reply) as url:
        yield f"{url}/{SECRET}?key={SECRET}"


async def test_a_trace_goes_from_the_request_through_a_retry_to_the_settlement(
    acme: Caller, workers: Workers, spans: Spans
) -> None:
    project = await project_of(acme)
    async with site(503) as url, open_trusted({"Authorization": SECRET}) as client:

        async def task(ctx: Context) -> Outcome:
            if ctx.job.attempt == 1:
                await client.get(url, headers={"Cookie": SECRET})
                return Retry("FETCH_FAILED", f"it said {SECRET}", after_s=0)
            await ctx.step(nothing, name="kept")
            return await ctx.commit(nothing)

        accepted = await ingest(acme, project)
        assert await performed(workers, accepted, task) == "completed"
    [request], [submit] = spans.named(ROUTE), spans.named("send ingest_website")
    first, second = spans.named("process ingest_website")
    [asked], [kept] = spans.named("GET"), spans.named("step kept")
    settled = spans.named("settle")
    assert {one.trace for one in (request, submit, first, second, asked, kept, *settled)} == {request.trace}
    assert [one.parent for one in (request, submit, first, second)] == [
        None,
        request.id,
        submit.id,
        submit.id,
    ]
    assert [one.parent for one in (asked, kept, *settled)] == [first.id, second.id, first.id, second.id]
    assert [one.kind for one in (request, submit, first, asked)] == [
        "SERVER", "PRODUCER", "CONSUMER", "CLIENT"
    ]  # fmt: skip
    assert_ids(accepted, project, acme, [request, submit, first, second])
    assert [one.attributes.get("tenantry.outcome") for one in (first, second)] == ["retry", "completed"]
    assert (first.failed, first.attributes["error.type"], second.failed) == (True, "FETCH_FAILED", False)
    assert_call(asked, url)
    assert request.began <= submit.began <= request.ended <= second.began
    assert_silent(spans, acme)


def assert_call(asked: Made, url: str) -> None:
    assert asked.attributes == {
        "http.request.method": "GET",
        "server.address": "127.0.0.1",
        "server.port": httpx.URL(url).port,
        "http.response.status_code": 503,
        "error.type": "503",
    }


def assert_ids(accepted: httpx.Response, project: str, caller: Caller, made: list[Made]) -> None:
    request, submit, *attempts = made
    job, asked = accepted.json()["jobId"], accepted.headers["X-Request-Id"]
    assert request.attributes == {
        "http.request.method": "POST",
        "http.route": "/v1/projects/{project_id}/ingest/website",
        "http.response.status_code": 202,
        "tenantry.request.id": asked,
        "tenantry.organization.id": ids.show(ids.ORGANIZATION, caller.organization_id),
        "tenantry.project.id": project,
    }
    assert submit.attributes["tenantry.job.id"] == job
    for number, one in enumerate(attempts, 1):
        assert one.attributes["tenantry.job.id"] == job
        assert one.attributes["tenantry.job.attempt"] == number
        assert one.attributes["tenantry.request.id"] == asked
        assert one.attributes["tenantry.project.id"] == project


def assert_silent(spans: Spans, caller: Caller) -> None:
    """Assert that no span and no resource holds a caller's data."""
    shown = "\n".join(one.to_json() for one in spans.raw)
    assert shown
    for word in (SECRET, SECRET.lower(), caller.key, THEIR_TRACE[::-1]):
        assert word not in shown


async def test_a_callers_trace_is_linked_and_decides_nothing(acme: Caller, spans: Spans) -> None:
    """The caller's `sampled` flag and its other trace headers are ignored."""
    project = await project_of(acme)
    said = {"traceparent": TRACEPARENT, "tracestate": f"acme={SECRET}", "baggage": f"user={SECRET}"}
    await ingest(acme, project, **said)
    [request] = spans.named(ROUTE)
    [raw] = [one for one in spans.raw if one.name == ROUTE]
    assert request.parent is None
    assert request.trace != THEIR_TRACE
    [link] = raw.links
    assert f"{link.context.trace_id:032x}" == THEIR_TRACE
    assert f"{link.context.span_id:016x}" == THEIR_SPAN
    assert_silent(spans, acme)


@pytest.mark.parametrize(
    "said", ["", "00-zz", SECRET, TRACEPARENT.replace("4bf", "\xff\xff\xff"), "0" * 9000]
)
async def test_a_traceparent_that_is_none_is_ignored(acme: Caller, spans: Spans, said: str) -> None:
    headers = {"traceparent": said.encode("latin-1")}
    answer = await acme.http.get("/v1/projects", headers=headers)  # type: ignore[arg-type]  # bytes are taken
    assert answer.status_code == 200
    assert [one.links for one in spans.raw] == [()]


async def test_what_was_refused_or_rolled_back_has_submitted_nothing(acme: Caller, spans: Spans) -> None:
    project = await project_of(acme)
    first = await ingest(acme, project, **{"Idempotency-Key": "once"})
    again = await ingest(acme, project, **{"Idempotency-Key": "once"})
    refused = await acme.http.post(f"/v1/projects/{project}/ingest/website", json={"url": SECRET})
    assert again.json() == first.json()
    assert refused.status_code == 422
    assert len(spans.named("send ingest_website")) == 1
    *_, last = spans.named(ROUTE)
    assert (last.attributes["tenantry.error.code"], last.failed) == (refused.json()["error"]["code"], False)
    assert_silent(spans, acme)


async def test_a_job_that_no_request_made_has_a_trace_of_its_own(workers: Workers, spans: Spans) -> None:
    async def task(_: Context) -> Outcome:
        return Failed("NO_GOOD", SECRET)

    job_id = (await workers.run(task))["id"]
    [attempt] = spans.named("process run_errand")
    assert attempt.parent is None
    assert attempt.trace == f"{tracing.trace_of(job_id):032x}"
    assert SECRET not in "".join(one.to_json() for one in spans.raw)


async def test_a_job_that_a_job_made_leads_to_the_request_behind_it(
    acme: Caller, workers: Workers, spans: Spans
) -> None:
    """The new job has its own trace, which begins with a span linked to the parent job's attempt."""
    made = list[UUID]()

    async def task(ctx: Context) -> Outcome:
        async def submit(conn: Conn) -> dict[str, str]:
            found = await ledger.submit(
                conn, kind=ERRAND, organization_id=ctx.job.organization_id, project_id=None, args={}
            )
            made.append(found.job_id)
            if len(made) == 1:
                raise LookupError
            return {}

        with suppress(LookupError):
            await ctx.step(submit)
        await ctx.step(submit)
        return await ctx.commit(submit)

    await workers.pool.execute("insert into pool (name) values ($1) on conflict do nothing", ERRAND.pool)
    accepted = await ingest(acme, await project_of(acme))
    assert await performed(workers, accepted, task) == "completed"
    [attempt], sends = spans.named("process ingest_website"), spans.named("send run_errand")
    traces = [f"{tracing.trace_of(job_id):032x}" for job_id in made[1:]]
    assert [one.trace for one in sends] == traces
    assert {one.parent for one in sends} == {None}
    links = [one.links for one in spans.raw if one.name == "send run_errand"]
    assert {f"{link.context.span_id:016x}" for [link] in links} == {attempt.id}
    assert {f"{link.context.trace_id:032x}" for [link] in links} == {attempt.trace}


async def test_requests_at_once_keep_their_jobs_apart(acme: Caller, spans: Spans) -> None:
    """Concurrent requests share coalesced queries, and each keeps its own submits."""
    projects = [await project_of(acme) for _ in range(8)]
    answers = await asyncio.gather(*(ingest(acme, project) for project in projects))
    submits = {one.attributes["tenantry.job.id"]: one for one in spans.named("send ingest_website")}
    requests = {one.attributes["tenantry.request.id"]: one for one in spans.named(ROUTE)}
    for answer in answers:
        request = requests[answer.headers["X-Request-Id"]]
        submit = submits[answer.json()["jobId"]]
        assert (submit.trace, submit.parent) == (request.trace, request.id)
    assert len({one.trace for one in requests.values()}) == 8


def test_each_process_samples_a_trace_as_the_others_do() -> None:
    """Sampling depends on the trace id alone: the API and a worker decide alike, without a message."""
    with (
        recorded(sampler=ParentBased(TraceIdRatioBased(0.5))) as api,
        recorded(sampler=ParentBased(TraceIdRatioBased(0.5))) as worker,
    ):
        for _ in range(200):
            bits = ids.new_request()
            request, job_id = UUID(int=bits), ids.of_request(bits, 7)
            submit = Submit("run_errand", None, job_id, 1)
            api.recorder.served(Served(request, "GET /", 1, 2, {}, None, "", [submit]))
            worker.recorder.attempt(job_id, "run_errand", {}).end()
    submits = {one.trace: one.id for one in api.named("send run_errand")}
    attempts = {one.trace: one.parent for one in worker.made}
    assert attempts == submits
    assert 60 < len(attempts) < 140
