"""Jobs of all organizations: newest first, by filter, any by its id, with bounded scans."""

from typing import Any
from uuid import UUID

import pytest

from db.pool import Conn
from domain.jobs import timelines
from domain.operations import operator_jobs
from domain.operations.operator_jobs import OperatorJobFilter
from domain.values.periods import UNBOUNDED_PERIOD
from jobs.outcomes import Failed
from schemas import ids
from schemas.errors import ObjectNotFound
from tests import plans, seeds
from tests.jobs import scene
from tests.jobs.scene import INTERNAL_JOB, TEST_JOB, UNCAPPED_JOB

pytestmark = pytest.mark.fresh


async def listed(conn: Conn, *, before: UUID | None = None, limit: int = 50, **filters: Any) -> list[UUID]:
    fields: dict[str, Any] = dict.fromkeys(OperatorJobFilter._fields) | {"period": UNBOUNDED_PERIOD} | filters
    found = await operator_jobs.list_operator_job_page(
        conn, wanted=OperatorJobFilter(**fields), before=before, limit=limit
    )
    return [UUID(job.job_id.removeprefix("job_")) for job in found]


async def test_all_organizations_jobs_are_listed_newest_first(conn: Conn) -> None:
    """Internal ones too; each filter selects its own."""
    one, other = await scene.tenants(conn, 2)
    first = (await scene.submit(conn, one)).job_id
    second = (await scene.submit(conn, other, INTERNAL_JOB)).job_id
    claim = await scene.start_job(conn, one, UNCAPPED_JOB)
    await scene.settle(conn, [claim], Failed("TIMEOUT", "too slow", retryable=False))
    assert await listed(conn) == [claim.id, second, first]
    assert await listed(conn, before=claim.id, limit=1) == [second]
    assert await listed(conn, organization_id=one) == [claim.id, first]
    assert await listed(conn, status="running") == [second, first]
    assert await listed(conn, status="failed") == await listed(conn, error_code="TIMEOUT") == [claim.id]
    assert await listed(conn, error_code="OTHER") == await listed(conn, status="completed") == []
    assert await listed(conn, error_code="TIMEOUT", status="running") == []
    assert await listed(conn, kind=TEST_JOB.name, pool=TEST_JOB.pool) == [first]


async def test_a_projects_jobs_are_listed_alone(conn: Conn) -> None:
    """Without jobs outside projects."""
    one, other = await scene.tenants(conn, 2)
    first, second = [(org, await seeds.project(conn, org)) for org in (one, other)]
    mine, _ = [(await scene.submit(conn, org, project_id=of)).job_id for org, of in (first, second)]
    await scene.submit(conn, one)
    for status in (None, "running"):
        assert await listed(conn, project_id=first[1], status=status) == [mine]
    assert await listed(conn, project_id=first[1], organization_id=other) == []
    assert await listed(conn, project_id=first[1], status="failed") == []


async def test_any_job_is_read_with_its_arguments(conn: Conn) -> None:
    _, org = await scene.tenants(conn, 2)
    made = await scene.submit(conn, org, args={"url": "https://example.com"})
    found = await operator_jobs.read_operator_job(conn, job_id=made.job_id)
    assert (found.args, found.organization_name) == ({"url": "https://example.com"}, "Acme")
    with pytest.raises(ObjectNotFound):
        await operator_jobs.read_operator_job(conn, job_id=ids.new_uuid7())


async def test_any_job_has_its_wait_reason_and_timeline(conn: Conn) -> None:
    """An internal one too, which is hidden from its own organization."""
    _, org = await scene.tenants(conn, 2)
    job_id = (await scene.submit(conn, org, INTERNAL_JOB)).job_id
    waiting = (await operator_jobs.read_operator_job(conn, job_id=job_id)).waiting
    assert waiting
    assert waiting.reason == "no_worker"
    [claim] = await scene.pull(conn, await scene.worker(conn, INTERNAL_JOB), 1, INTERNAL_JOB)
    await scene.settle(conn, [claim], Failed("TIMEOUT", "too slow", retryable=False))
    assert (await operator_jobs.read_operator_job(conn, job_id=job_id)).waiting is None
    told = [entry.type for entry in await operator_jobs.read_operator_job_timeline(conn, job_id=job_id)]
    assert told == ["submitted", "attempt_started", "attempt_ended", "failed"]
    with pytest.raises(ObjectNotFound):
        await timelines.list_job_timeline(conn, organization_id=org, job_id=job_id)
    with pytest.raises(ObjectNotFound):
        await operator_jobs.read_operator_job_timeline(conn, job_id=ids.new_uuid7())


async def test_filter_without_matches_scans_few_jobs(conn: Conn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operator_jobs, "MIN_DEPTH", 20)
    monkeypatch.setattr(operator_jobs, "SCAN_DEPTH", 100)
    orgs = await scene.tenants(conn, 5)
    await scene.insert_due_jobs(conn, orgs, 200)
    await conn.execute("analyze job")
    for status in (None, "running", "failed"):
        async with plans.reading(conn, "job") as come:
            assert await listed(conn, kind="none", status=status, limit=10) == []
        assert (come.scans, come.rows <= 5 * 20) == (0, True), (status, come)
