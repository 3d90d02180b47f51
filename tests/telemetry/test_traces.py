"""One trace from a partner's request to its job's settlement, without any data of callers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import httpx
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from db.pool import Conn
from jobs import ledger
from jobs.kinds import INGEST_WEBSITE_KIND
from jobs.outcomes import Failed, Retry, TaskOutcome
from schemas import ids
from telemetry import tracing
from telemetry.tracing import RequestToTrace, SubmittedJobToTrace
from tests.api.conftest import ApiCaller
from tests.http_server import HttpRequest, HttpResponse, listening
from tests.telemetry.spans import RecordedSpan, Spans, record_spans
from tests.workers.runtime.workers import TEST_JOB, Workers
from workers.runtime.context import TaskContext
from workers.runtime.runner import JobTask
from workers.web.fetch import open_client_without_ssrf_guard

SECRET = "s3cr3t-Sentinel"
#: The example of the W3C's recommendation.
THEIR_TRACE, THEIR_SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
#: The caller's flag: not sampled.
TRACEPARENT = f"00-{THEIR_TRACE}-{THEIR_SPAN}-00"
ROUTE = "POST /v1/projects/{project_id}/ingest/website"


async def commit_nothing(_: Conn) -> dict[str, str]:
    return {"said": SECRET}


async def project_of(caller: ApiCaller) -> str:
    made = await caller.http.post("/v1/projects", json={"name": SECRET, "timezone": "UTC"})
    return str(made.json()["id"])


async def ingest(caller: ApiCaller, project: str, **headers: str) -> httpx.Response:
    url = f"https://{SECRET}.example/{SECRET}?key={SECRET}#{SECRET}"
    answer = await caller.http.post(f"/v1/projects/{project}/ingest/website", json={"url": url}, headers=headers)
    assert answer.status_code == 202, answer.text
    return answer


async def run_job(workers: Workers, accepted: httpx.Response, task: JobTask) -> str:
    """Run the job and return its final state."""
    async with workers.working(task, kind=INGEST_WEBSITE_KIND):
        ended = await workers.ended(UUID(accepted.json()["jobId"].removeprefix("job_")))
    return str(ended["state"])


@asynccontextmanager
async def site(status: int) -> AsyncIterator[str]:
    """Serve a site, and yield an address with a secret in each part that may hold one."""

    async def reply(_: HttpRequest) -> HttpResponse:
        return HttpResponse(status, {"said": SECRET}, (f"X-Said: {SECRET}",))

    async with listening(reply) as url:
        yield f"{url}/{SECRET}?key={SECRET}"


async def test_trace_covers_request_retry_and_settlement(acme: ApiCaller, workers: Workers, spans: Spans) -> None:
    project = await project_of(acme)
    async with site(503) as url, open_client_without_ssrf_guard({"Authorization": SECRET}) as client:

        async def task(ctx: TaskContext) -> TaskOutcome:
            if ctx.job.attempt == 1:
                await client.get(url, headers={"Cookie": SECRET})
                return Retry("FETCH_FAILED", f"it said {SECRET}", after_s=0)
            await ctx.step(commit_nothing, name="kept")
            return await ctx.commit(commit_nothing)

        accepted = await ingest(acme, project)
        assert await run_job(workers, accepted, task) == "completed"
    [request], [submit] = spans.named(ROUTE), spans.named("send ingest_website")
    first, second = spans.named("process ingest_website")
    [fetch], [step] = spans.named("GET"), spans.named("step kept")
    settled = spans.named("settle")
    assert {span.trace for span in (request, submit, first, second, fetch, step, *settled)} == {request.trace}
    assert [span.parent for span in (request, submit, first, second)] == [None, request.id, submit.id, submit.id]
    assert [span.parent for span in (fetch, step, *settled)] == [first.id, second.id, first.id, second.id]
    assert [span.kind for span in (request, submit, first, fetch)] == [
        "SERVER", "PRODUCER", "CONSUMER", "CLIENT"
    ]  # fmt: skip
    assert_ids(accepted, project, acme, [request, submit, first, second])
    assert [span.attributes.get("tenantry.outcome") for span in (first, second)] == ["retry", "completed"]
    assert (first.failed, first.attributes["error.type"], second.failed) == (True, "FETCH_FAILED", False)
    assert_call(fetch, url)
    assert request.began <= submit.began <= request.ended <= second.began
    assert_no_caller_data(spans, acme)


def assert_call(fetch: RecordedSpan, url: str) -> None:
    assert fetch.attributes == {
        "http.request.method": "GET",
        "server.address": "127.0.0.1",
        "server.port": httpx.URL(url).port,
        "http.response.status_code": 503,
        "error.type": "503",
    }


def assert_ids(accepted: httpx.Response, project: str, caller: ApiCaller, recorded: list[RecordedSpan]) -> None:
    request, submit, *attempts = recorded
    job, request_id = accepted.json()["jobId"], accepted.headers["X-Request-Id"]
    assert request.attributes == {
        "http.request.method": "POST",
        "http.route": "/v1/projects/{project_id}/ingest/website",
        "http.response.status_code": 202,
        "tenantry.request.id": request_id,
        "tenantry.organization.id": ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, caller.organization_id),
        "tenantry.project.id": project,
    }
    assert submit.attributes["tenantry.job.id"] == job
    for number, span in enumerate(attempts, 1):
        assert span.attributes["tenantry.job.id"] == job
        assert span.attributes["tenantry.job.attempt"] == number
        assert span.attributes["tenantry.request.id"] == request_id
        assert span.attributes["tenantry.project.id"] == project


def assert_no_caller_data(spans: Spans, caller: ApiCaller) -> None:
    """Assert that no span and no resource holds a caller's data."""
    exported = "\n".join(span.to_json() for span in spans.raw)
    assert exported
    for word in (SECRET, SECRET.lower(), caller.key, THEIR_TRACE[::-1]):
        assert word not in exported


async def test_callers_trace_is_only_linked(acme: ApiCaller, spans: Spans) -> None:
    """The caller's `sampled` flag and its other trace headers are ignored."""
    project = await project_of(acme)
    headers = {"traceparent": TRACEPARENT, "tracestate": f"acme={SECRET}", "baggage": f"user={SECRET}"}
    await ingest(acme, project, **headers)
    [request] = spans.named(ROUTE)
    [raw] = [span for span in spans.raw if span.name == ROUTE]
    assert request.parent is None
    assert request.trace != THEIR_TRACE
    [link] = raw.links
    assert f"{link.context.trace_id:032x}" == THEIR_TRACE
    assert f"{link.context.span_id:016x}" == THEIR_SPAN
    assert_no_caller_data(spans, acme)


async def test_invalid_traceparent_is_ignored(acme: ApiCaller, spans: Spans) -> None:
    invalid = ["", "00-zz", SECRET, TRACEPARENT.replace("4bf", "\xff\xff\xff"), "0" * 9000]
    for traceparent in invalid:
        headers = {"traceparent": traceparent.encode("latin-1")}
        answer = await acme.http.get("/v1/projects", headers=headers)  # type: ignore[arg-type]  # bytes are taken
        assert answer.status_code == 200
    assert [span.links for span in spans.raw] == [()] * len(invalid)


async def test_refused_or_rolled_back_request_has_no_submit(acme: ApiCaller, spans: Spans) -> None:
    project = await project_of(acme)
    first = await ingest(acme, project, **{"Idempotency-Key": "once"})
    again = await ingest(acme, project, **{"Idempotency-Key": "once"})
    refused = await acme.http.post(f"/v1/projects/{project}/ingest/website", json={"url": SECRET})
    assert again.json() == first.json()
    assert refused.status_code == 422
    assert len(spans.named("send ingest_website")) == 1
    *_, last = spans.named(ROUTE)
    assert (last.attributes["tenantry.error.code"], last.failed) == (refused.json()["error"]["code"], False)
    assert_no_caller_data(spans, acme)


async def test_job_without_a_request_has_its_own_trace(workers: Workers, spans: Spans) -> None:
    async def task(_: TaskContext) -> TaskOutcome:
        return Failed("NO_GOOD", SECRET)

    job_id = (await workers.run(task))["id"]
    [attempt] = spans.named("process run_errand")
    assert attempt.parent is None
    assert attempt.trace == f"{tracing.trace_id_of_root(job_id):032x}"
    assert SECRET not in "".join(span.to_json() for span in spans.raw)


async def test_job_submitted_by_a_job_links_to_its_request(acme: ApiCaller, workers: Workers, spans: Spans) -> None:
    """The new job has its own trace, which begins with a span linked to the parent job's attempt."""
    submitted_ids = list[UUID]()

    async def task(ctx: TaskContext) -> TaskOutcome:
        async def submit(conn: Conn) -> dict[str, str]:
            submitted = await ledger.submit_job(
                conn, kind=TEST_JOB, organization_id=ctx.job.organization_id, project_id=None, args={}
            )
            submitted_ids.append(submitted.job_id)
            if len(submitted_ids) == 1:
                raise LookupError
            return {}

        with suppress(LookupError):
            await ctx.step(submit)
        await ctx.step(submit)
        return await ctx.commit(submit)

    await workers.pool.execute("insert into pool (name) values ($1) on conflict do nothing", TEST_JOB.pool)
    accepted = await ingest(acme, await project_of(acme))
    assert await run_job(workers, accepted, task) == "completed"
    [attempt], sends = spans.named("process ingest_website"), spans.named("send run_errand")
    traces = [f"{tracing.trace_id_of_root(job_id):032x}" for job_id in submitted_ids[1:]]
    assert [span.trace for span in sends] == traces
    assert {span.parent for span in sends} == {None}
    links = [span.links for span in spans.raw if span.name == "send run_errand"]
    assert {f"{link.context.span_id:016x}" for [link] in links} == {attempt.id}
    assert {f"{link.context.trace_id:032x}" for [link] in links} == {attempt.trace}


async def test_concurrent_requests_record_their_own_jobs(acme: ApiCaller, spans: Spans) -> None:
    """Concurrent requests share coalesced queries, and each keeps its own submits."""
    projects = [await project_of(acme) for _ in range(8)]
    answers = await asyncio.gather(*(ingest(acme, project) for project in projects))
    submits = {span.attributes["tenantry.job.id"]: span for span in spans.named("send ingest_website")}
    requests = {span.attributes["tenantry.request.id"]: span for span in spans.named(ROUTE)}
    for answer in answers:
        request = requests[answer.headers["X-Request-Id"]]
        submit = submits[answer.json()["jobId"]]
        assert (submit.trace, submit.parent) == (request.trace, request.id)
    assert len({span.trace for span in requests.values()}) == 8


def test_all_processes_sample_a_trace_alike() -> None:
    """Sampling depends on the trace id alone: the API and a worker decide alike, without a message."""
    with (
        record_spans(sampler=ParentBased(TraceIdRatioBased(0.5))) as api,
        record_spans(sampler=ParentBased(TraceIdRatioBased(0.5))) as worker,
    ):
        for _ in range(200):
            bits = ids.new_request_id_bits()
            request, job_id = UUID(int=bits), ids.build_job_id_of_request(bits, 7)
            submit = SubmittedJobToTrace("run_errand", None, job_id, 1)
            api.recorder.record_request(RequestToTrace(request, "GET /", 1, 2, {}, None, "", [submit]))
            worker.recorder.begin_attempt_span(job_id, "run_errand", {}).end()
    submits = {span.trace: span.id for span in api.named("send run_errand")}
    attempts = {span.trace: span.parent for span in worker.all}
    assert attempts == submits
    assert 60 < len(attempts) < 140
