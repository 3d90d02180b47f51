"""Jobs for partners: reading and canceling them."""

from uuid import UUID

import pytest

from db.pool import Conn, Pool
from domain.jobs import jobs, retries
from jobs import ledger
from jobs.outcomes import Canceled, Done, Failed, Retry, TaskOutcome
from schemas import ids
from schemas.errors import ObjectNotFound, StateConflict
from schemas.jobs import ApiJobStatus, Job, JobError
from tests.domain.project import SCOPES, Project, cancel, ingest, list_ids, shown, started
from tests.jobs import scene
from tests.jobs.scene import INTERNAL_JOB, TEST_JOB


async def test_a_list_of_a_project_leaves_out_jobs_without_one(conn: Conn, project: Project) -> None:
    in_project, in_none = [
        (await scene.submit(conn, project.org, project_id=project_id)).job_id for project_id in (project.id, None)
    ]

    async def listed(status: ApiJobStatus, project_id: UUID | None) -> set[str]:
        found = await jobs.list_filtered_jobs(
            conn, organization_id=project.org, project_id=project_id, kinds=None, statuses=[status], stages=None,
            before=None, limit=10,
        )  # fmt: skip
        return {job.job_id for job in found}

    own, other = ids.format_prefixed_id("job", in_project), ids.format_prefixed_id("job", in_none)
    assert (await listed("running", project.id), await listed("running", None)) == ({own}, {own, other})
    for job_id in (in_project, in_none):
        await jobs.request_job_cancel(conn, organization_id=project.org, job_id=job_id)
    assert (await listed("canceled", project.id), await listed("canceled", None)) == ({own}, {own, other})


async def test_a_queued_job_is_running_on_the_wire(conn: Conn, project: Project) -> None:
    submitted = await scene.submit(conn, project.org, project_id=project.id)
    job, version = await jobs.read_job(conn, organization_id=project.org, job_id=submitted.job_id)
    assert version == 1
    assert job == Job(
        job_id=ids.format_prefixed_id("job", submitted.job_id),
        kind="run_errand",
        status="running",
        stage="queued",
        phase="queued",
        progress=0,
        project_id=ids.format_prefixed_id("prj", project.id),
        attempt=0,
        max_attempts=3,
        cancel_requested=False,
        retry_of=None,
        created_at=submitted.created_at,
        started_at=submitted.created_at,
        finished_at=None,
        result=None,
        error=None,
    )


async def test_outcomes_in_answers(pool: Pool, conn: Conn, project: Project) -> None:
    """An ended job can't be canceled."""
    cases: list[tuple[TaskOutcome, str, str]] = [
        (Done({"n": 1}), "completed", "completed"),
        (Failed("BROKEN", "it broke"), "failed", "failed"),
        (Canceled(), "canceled", "canceled"),
        (Retry("X", "x", after_s=60), "running", "scheduled"),
        (Retry("X", "x", after_s=1), "running", "queued"),
    ]
    for outcome, status, stage in cases:
        claim = await scene.start_job(conn, project.org)
        await scene.settle(conn, [claim], outcome)
        job = await shown(conn, project, claim.id)
        assert (job.status, job.stage) == (status, stage)
        assert (job.finished_at is None) == (status == "running")
        assert job.result == ({"n": 1} if status == "completed" else None)
        error = JobError(code="BROKEN", message="it broke", retryable=False)
        assert job.error == (error if status == "failed" else None)
        if status != "running":
            answer = await cancel(pool, project, claim.id)
            assert (answer.accepted, answer.reason) == (False, f"ALREADY_{status.upper()}")


async def test_foreign_internal_and_unknown_jobs_are_not_found(conn: Conn, project: Project) -> None:
    [rival] = await scene.tenants(conn)
    foreign, internal = await scene.submit(conn, rival), await scene.submit(conn, project.org, INTERNAL_JOB)
    said = set()
    for job_id in (foreign.job_id, internal.job_id, ids.new_uuid7()):
        for verb in (jobs.read_job, jobs.request_job_cancel):
            with pytest.raises(ObjectNotFound) as raised:
                await verb(conn, organization_id=project.org, job_id=job_id)
            said.add(raised.value.message)
        with pytest.raises(ObjectNotFound):
            await retries.submit_job_retry(conn, organization_id=project.org, job_id=job_id, scopes=SCOPES)
    assert len(said) == 1
    assert {(await scene.row(conn, job.job_id))["state"] for job in (foreign, internal)} == {"queued"}


async def test_many_are_answered_in_the_order_asked(conn: Conn, project: Project) -> None:
    [rival] = await scene.tenants(conn)
    first, second = await scene.submit(conn, project.org), await scene.submit(conn, rival)
    refs = [(rival, second.job_id), (project.org, second.job_id), (project.org, first.job_id), (rival, second.job_id)]
    answers = await jobs.read_jobs_by_ids(conn, refs=refs)
    assert [answer and answer[0].job_id for answer in answers] == [
        ids.format_prefixed_id("job", second.job_id), None, ids.format_prefixed_id("job", first.job_id),
        ids.format_prefixed_id("job", second.job_id),
    ]  # fmt: skip
    assert await jobs.read_jobs_by_ids(conn, refs=[]) == []


async def test_a_list_is_newest_first_and_the_tenants_own(conn: Conn, project: Project) -> None:
    [rival] = await scene.tenants(conn)
    mine = [await scene.submit(conn, project.org) for _ in range(5)]
    await scene.submit(conn, rival)
    await scene.submit(conn, project.org, INTERNAL_JOB)
    expected = [
        ids.format_prefixed_id("job", job.job_id) for job in sorted(mine, key=lambda job: job.job_id, reverse=True)
    ]
    page = await list_ids(conn, project, limit=3)
    rest = await list_ids(conn, project, limit=3, before=ids.parse_prefixed_id("job", page[-1]))
    assert (page, rest) == (expected[:3], expected[3:])


async def test_cancel_of_a_running_job_sets_its_flag(pool: Pool, conn: Conn, project: Project) -> None:
    """Once: a repeat makes no other version."""
    claim, versions = await started(conn, project), set[int]()
    await ledger.store_job_progress(conn, claim, progress=0.123456)
    for _ in range(2):
        assert (await cancel(pool, project, claim.id)).accepted
        job, version = await jobs.read_job(conn, organization_id=project.org, job_id=claim.id)
        assert (job.status, job.cancel_requested, job.progress) == ("running", True, 0.1235)
        versions.add(version)
    assert len(versions) == 1
    assert (await ingest(conn, project)).status == "running"


async def test_waiting_job_of_an_uncancelable_kind_stays(pool: Pool, conn: Conn, project: Project) -> None:
    submitted = await scene.submit(conn, project.org, TEST_JOB._replace(cancelable=False))
    with pytest.raises(StateConflict) as raised:
        await cancel(pool, project, submitted.job_id)
    assert raised.value.details == {"reason": "JOB_CANCEL_UNAVAILABLE", "stage": "queued"}
    assert (await scene.row(conn, submitted.job_id))["state"] == "queued"
