"""Log lines of one job, from its request to its end: each process adds the same ids."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import structlog

from db.pool import Conn
from jobs import ledger
from jobs.kinds import INGEST_WEBSITE_KIND
from jobs.outcomes import Retry, TaskOutcome
from schemas import ids
from telemetry import logs
from tests import seeds
from tests.api.conftest import ApiCaller
from tests.log_lines import write_logs
from tests.telemetry.spans import Spans
from tests.telemetry.test_traces import SECRET, commit_nothing, ingest, project_of, run_job
from tests.workers.by_hand import FUTURE
from tests.workers.runtime.workers import TEST_JOB, Workers
from workers.dispatcher.chores import QUEUED_JOB_DEADLINE_CHORE, build_job_rescue_chore
from workers.dispatcher.uptime import PostgresUptimeTracker
from workers.runtime.context import TaskContext

Line = dict[str, Any]

_log = logs.get_logger("task")


@pytest.fixture
def lines() -> Iterator[list[Line]]:
    """Collect each line with the fields that `configure` adds."""
    collected: list[Line] = []

    def collect(_: Any, level: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
        collected.append({"level": level, **event})
        raise structlog.DropEvent

    structlog.configure(processors=[logs.add_work_cause_log_fields, collect])
    yield collected
    write_logs()


async def test_lines_of_a_job_have_its_request_and_organization(
    acme: ApiCaller, workers: Workers, spans: Spans, lines: list[Line]
) -> None:
    async def task(ctx: TaskContext) -> TaskOutcome:
        _log.info("at work")
        if ctx.job.attempt == 1:
            return Retry("FETCH_FAILED", SECRET, after_s=0)
        return await ctx.commit(commit_nothing)

    project = await project_of(acme)
    accepted = await ingest(acme, project)
    assert await run_job(workers, accepted, task) == "completed"
    job_lines = lines_of(lines, accepted.json()["jobId"])
    assert [line["event"] for line in job_lines] == [
        "request", "at work", "attempt ended", "at work", "attempt closed"
    ]  # fmt: skip
    assert [line.get("attempt") for line in job_lines] == [None, 1, 1, 2, 2]
    expected = {
        "request_id": accepted.headers["X-Request-Id"],
        "organization_id": ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, acme.organization_id),
        "project_id": project,
        "trace_id": spans.all[-1].trace,
    }
    for line in job_lines:
        assert expected.items() <= line.items()
    assert not any(SECRET in repr(line) or acme.key in repr(line) for line in lines)


async def test_job_submitted_by_a_job_is_logged_with_its_request(
    acme: ApiCaller, workers: Workers, lines: list[Line]
) -> None:
    """The job's own id lacks the request id: the fields come from the parent job once it is committed."""
    submitted_ids = list[UUID]()

    async def task(ctx: TaskContext) -> TaskOutcome:
        async def submit(conn: Conn) -> dict[str, str]:
            submitted = await ledger.submit_job(
                conn, kind=TEST_JOB, organization_id=ctx.job.organization_id, project_id=None, args={}
            )
            submitted_ids.append(submitted.job_id)
            assert "job made" not in {line["event"] for line in lines}
            return {}

        return await ctx.commit(submit)

    await workers.pool.execute("insert into pool (name) values ($1) on conflict do nothing", TEST_JOB.pool)
    accepted = await ingest(acme, await project_of(acme))
    assert await run_job(workers, accepted, task) == "completed"
    [line] = [line for line in lines if line["event"] == "job made"]
    assert line["request_id"] == accepted.headers["X-Request-Id"]
    assert line["job_id"] == accepted.json()["jobId"]
    assert (line["made_job_id"], line["made_kind"]) == (
        ids.format_prefixed_id(ids.JOB_ID_PREFIX, submitted_ids[0]),
        "run_errand",
    )


async def test_dispatcher_lines_have_the_same_fields(acme: ApiCaller, workers: Workers, lines: list[Line]) -> None:
    """Covers a job of a dead worker, and a job that no worker pulled."""
    project = await project_of(acme)
    died = await ingest(acme, project)
    async with workers.pool.acquire() as conn:
        await seeds.claims(conn, INGEST_WEBSITE_KIND, free=1)
        await conn.execute("update worker set lease_expires_at = now() - interval '1 second'")
        uptime = PostgresUptimeTracker(0.0)
        uptime.note_response(FUTURE)
        await build_job_rescue_chore(uptime, patience_s=60).run(conn)
        await conn.execute("update job set deadline_at = now() - interval '1 second'")
        await QUEUED_JOB_DEADLINE_CHORE.run(conn)
    job_lines = [line for line in lines_of(lines, died.json()["jobId"]) if line["event"] != "request"]
    assert [line["event"] for line in job_lines] == ["attempt rescued", "job ended past its deadline"]
    for line in job_lines:
        assert line["request_id"] == died.headers["X-Request-Id"]
        assert (line["organization_id"], line["project_id"]) == (
            ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, acme.organization_id), project
        )  # fmt: skip


async def test_lines_outside_a_request_have_none_of_its_fields(acme: ApiCaller, lines: list[Line]) -> None:
    await project_of(acme)
    _log.info("outside")
    assert lines[-1] == {"level": "info", "event": "outside", "part": "task"}


def lines_of(lines: list[Line], job_id: str) -> list[Line]:
    return [line for line in lines if line.get("job_id") == job_id]
