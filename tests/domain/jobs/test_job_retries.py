"""Retries: new jobs with the same arguments, by the rules of their kind."""

import asyncio
from uuid import UUID

from db.pool import Conn, Pool
from domain.jobs import jobs
from jobs.kinds import ARCHIVE_PROJECT_KIND
from jobs.ledger import AttemptSettlement
from jobs.outcomes import Canceled, Done, Failed, TaskOutcome
from schemas import ids
from tests import leasing, seeds
from tests.domain.project import Project, archive, cancel, ingest, retry, shown, start, started
from tests.jobs import scene


async def failed(pool: Pool, conn: Conn, project: Project, outcome: TaskOutcome | None = None) -> UUID:
    """Return an ingest's failed job."""
    claim = await started(conn, project)
    await jobs.settle_jobs_and_subjects(pool, [AttemptSettlement(claim, outcome or Failed("NOT_HTML", "no page"))])
    return claim.id


async def test_retry_is_a_new_job_with_the_same_arguments(pool: Pool, conn: Conn, project: Project) -> None:
    outcomes: list[TaskOutcome] = [Failed("NOT_HTML", "no page"), Canceled()]
    for outcome in outcomes:
        old = await failed(pool, conn, project, outcome)
        new = await retry(pool, project, old)
        row = await scene.row(conn, new.job_id)
        assert (new.fresh, new.kind, new.project_id) == (True, "ingest_website", project.id)
        assert row["args"] == (await scene.row(conn, old))["args"]
        assert (await shown(conn, project, new.job_id)).retry_of == ids.format_prefixed_id("job", old)
        assert (await ingest(conn, project)).job_id == ids.format_prefixed_id("job", new.job_id)
        await cancel(pool, project, new.job_id)


async def test_second_retry_answers_the_first_while_it_runs(pool: Pool, conn: Conn, project: Project) -> None:
    old = await failed(pool, conn, project)
    answers = await asyncio.gather(*[retry(pool, project, old) for _ in range(5)])
    assert len({answer.job_id for answer in answers}) == 1
    assert sum(answer.fresh for answer in answers) == 1
    await cancel(pool, project, answers[0].job_id)
    assert (await retry(pool, project, old)).fresh


async def test_running_or_completed_job_cant_be_retried(pool: Pool, conn: Conn, project: Project) -> None:
    claim = await started(conn, project)
    await refused(pool, project, claim.id, "JOB_NOT_RETRYABLE")
    await jobs.settle_jobs_and_subjects(pool, [AttemptSettlement(claim, Done())])
    await refused(pool, project, claim.id, "JOB_NOT_RETRYABLE")


async def refused(pool: Pool, project: Project, job_id: UUID, reason: str) -> None:
    with leasing.conflict(reason):
        await retry(pool, project, job_id)


async def test_a_retry_keeps_the_rules_of_its_kind(pool: Pool, conn: Conn, project: Project) -> None:
    old = await failed(pool, conn, project)
    await start(conn, project, url="https://example.com/other")
    await refused(pool, project, old, "INGEST_RUNNING")
    await archive(conn, project)
    await refused(pool, project, old, "PROJECT_ARCHIVED")


async def test_an_unknown_kind_cant_be_retried(pool: Pool, conn: Conn, project: Project) -> None:
    claim = await scene.start_job(conn, project.org)
    await scene.settle(conn, [claim], Failed("BROKEN", "it broke"))
    await refused(pool, project, claim.id, "JOB_NOT_RETRYABLE")


async def test_archive_can_be_retried_while_archived(pool: Pool, conn: Conn, project: Project) -> None:
    await archive(conn, project)
    [claim] = await seeds.claims(conn, ARCHIVE_PROJECT_KIND)
    await jobs.settle_jobs_and_subjects(pool, [AttemptSettlement(claim, Failed("BROKEN", "it broke"))])
    answers = await asyncio.gather(*[retry(pool, project, claim.id) for _ in range(4)])
    assert len({answer.job_id for answer in answers}) == 1
    assert answers[0].kind == "archive_project"
