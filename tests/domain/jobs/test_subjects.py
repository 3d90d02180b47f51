"""Each end of a job ends its subject: a settlement, a commit, a rescue, a deadline."""

from datetime import UTC, datetime

import pytest

from db.pool import Conn, Pool
from domain.brand import ingests
from domain.jobs import jobs, subjects
from domain.operations import maintenance
from jobs.ledger import AttemptSettlement
from jobs.outcomes import Canceled, Done, Failed, Interrupted, TaskOutcome
from schemas.errors import AttemptFenced
from tests.domain.project import Project, ingest, start, started
from tests.jobs import scene

FUTURE = datetime.max.replace(tzinfo=UTC)


async def test_a_settlement_ends_the_ingest(pool: Pool, conn: Conn, project: Project) -> None:
    """Then another may start."""
    ends: dict[str, TaskOutcome] = {
        "completed": Done(),
        "failed": Failed("NOT_HTML", "no page"),
        "canceled": Canceled(),
        "running": Interrupted(),
    }
    for status, outcome in ends.items():
        claim = await started(conn, project)
        [moved] = await jobs.settle_jobs_and_subjects(pool, [AttemptSettlement(claim, outcome)])
        found = await ingest(conn, project)
        assert (moved.id, found.status) == (claim.id, status)
        assert (found.error and found.error.code) == ("NOT_HTML" if status == "failed" else None)
        assert (found.completed_at is None) == (status == "running")


async def test_a_commit_ends_the_ingest(conn: Conn, project: Project) -> None:
    claim = await started(conn, project)
    async with conn.transaction():
        await jobs.complete_job_and_subject(conn, claim=claim, result={"n": 1})
    assert (await ingest(conn, project)).status == "completed"
    with pytest.raises(AttemptFenced):
        await jobs.complete_job_and_subject(conn, claim=claim, result={"n": 2})


async def test_rescue_ends_the_ingest_of_a_given_up_job(conn: Conn, project: Project) -> None:
    for crashes in (2, 0):
        claim = await started(conn, project)
        await conn.execute("update job set crashes = $1 where id = $2", crashes, claim.id)
        await scene.expire_lease(conn, claim)
        assert len(await maintenance.requeue_or_end_lost_jobs(conn, before=FUTURE)) == 1
        assert (await ingest(conn, project)).status == ("failed" if crashes else "running")


def test_every_kind_of_ingest_has_a_subject() -> None:
    assert {subjects.END_SUBJECT_FUNCTION_BY_JOB_KIND[kind] for kind in ingests.BRAND_SOURCE_BY_INGEST_KIND} == {
        ingests.mark_ingests_ended
    }


async def test_a_deadline_ends_the_ingest(conn: Conn, project: Project) -> None:
    await start(conn, project)
    await conn.execute("update job set deadline_at = now()")
    assert len(await maintenance.end_overdue_jobs_and_subjects(conn)) == 1
    found = await ingest(conn, project)
    assert (found.status, found.error.code) == ("failed", "DEADLINE")
