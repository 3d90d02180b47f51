"""Jobs of all organizations: newest first, by filter, any by its id, and their counts, with bounded scans."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from db.pool import Conn
from domain.jobs import timelines
from domain.operations import operator_jobs
from domain.operations.operator_jobs import OperatorJobFilter
from domain.values.periods import UNBOUNDED_PERIOD, ListPeriod
from jobs.outcomes import Failed
from schemas import ids
from schemas.errors import ObjectNotFound
from schemas.jobs import ApiJobStatus
from schemas.operator_jobs import OperatedJobCounts
from tests import plans, seeds
from tests.jobs import scene
from tests.jobs.scene import INTERNAL_JOB, TEST_JOB, UNCAPPED_JOB

pytestmark = pytest.mark.fresh


def wanted(**filters: Any) -> OperatorJobFilter:
    fields: dict[str, Any] = dict.fromkeys(OperatorJobFilter._fields) | {"period": UNBOUNDED_PERIOD} | filters
    return OperatorJobFilter(**fields)


async def listed(conn: Conn, *, before: UUID | None = None, limit: int = 50, **filters: Any) -> list[UUID]:
    found = await operator_jobs.list_operator_job_page(conn, wanted=wanted(**filters), before=before, limit=limit)
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
    monkeypatch.setattr(operator_jobs, "MIN_SCANNED_JOBS_PER_ORGANIZATION", 20)
    monkeypatch.setattr(operator_jobs, "MAX_SCANNED_OPERATOR_JOBS", 100)
    orgs = await scene.tenants(conn, 5)
    await scene.insert_due_jobs(conn, orgs, 200)
    await conn.execute("analyze job")
    for status in (None, "running", "failed"):
        async with plans.reading(conn, "job") as come:
            assert await listed(conn, kind="none", status=status, limit=10) == []
        assert (come.scans, come.rows <= 5 * 20) == (0, True), (status, come)


STATUSES: tuple[ApiJobStatus, ...] = ("running", "completed", "failed", "canceled")

#: Jobs of each mixture of project, kind, state and code, one a second up to now.
MIXED = """
insert into job (organization_id, project_id, id, kind, pool, state, stage, args, max_attempts, run_at,
                 deadline_at, created_at, finished_at, error)
select o.org, case when n % 3 = 0 then o.project end,
       (lpad(to_hex((extract(epoch from t.at) * 1000)::bigint), 12, '0')
        || '7' || left(md5(n::text), 3) || '8' || right(md5(o.org || n::text), 15))::uuid,
       'kind' || n % 2, (array['ingest', 'publish'])[1 + n / 2 % 2], s.state, s.state, '{}', 3, t.at, t.at,
       t.at, case when s.state <> 'queued' then t.at end,
       case when s.state = 'failed' then jsonb_build_object(
         'code', 'CODE' || n / 5 % 2, 'message', 'so', 'retryable', true) end
  from unnest($1::uuid[], $2::uuid[]) o (org, project)
 cross join generate_series(1, $3::int) n
 cross join lateral (
         select now() - n * interval '1 second' as at) t
 cross join lateral (
         select (array['queued', 'completed', 'failed', 'failed', 'canceled'])[1 + n % 5] as state) s
"""


def by_status(counts: OperatedJobCounts) -> dict[ApiJobStatus, int]:
    return {status: getattr(counts.by_status, status) for status in STATUSES}


async def count_listed(conn: Conn, **filters: Any) -> int:
    """Count the jobs of the list, page by page."""
    found: list[UUID] = []
    while page := await listed(conn, before=found[-1] if found else None, limit=25, **filters):
        found += page
    return len(found)


async def mixed(conn: Conn, orgs: int, each: int) -> tuple[UUID, UUID]:
    """Insert mixed jobs; return the first of the organizations and its project."""
    made = await scene.tenants(conn, orgs)
    projects = [await seeds.project(conn, org) for org in made]
    await conn.execute(MIXED, made, projects, each)
    return made[0], projects[0]


async def test_counts_match_the_list_under_any_filter(conn: Conn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or report that there may be more: with a depth that covers some jobs, they are lower bounds."""
    org, project = await mixed(conn, 2, 40)
    half = datetime.now(UTC) - timedelta(seconds=20)
    choices = {
        "organization_id": (None, org),
        "project_id": (None, project),
        "kind": (None, "kind1"),
        "pool": (None, "publish"),
        "error_code": (None, "CODE1"),
        "period": (UNBOUNDED_PERIOD, ListPeriod(since=half), ListPeriod(until=half)),
    }
    for values in product(*choices.values()):
        filters = dict(zip(choices, values, strict=True))
        asked = wanted(**filters)
        found = {status: await count_listed(conn, **filters, status=status) for status in STATUSES}
        counts = await operator_jobs.count_operator_jobs(conn, wanted=asked)
        assert (by_status(counts), counts.more_of) == (found, []), asked
        with monkeypatch.context() as patched:
            patched.setattr(operator_jobs, "MAX_SCANNED_OPERATOR_JOBS", 20)
            patched.setattr(operator_jobs, "MAX_COUNTED_JOBS_PER_PHASE", 20)
            counts = await operator_jobs.count_operator_jobs(conn, wanted=asked)
        for status, jobs in by_status(counts).items():
            assert jobs <= found[status], (asked, status)
            assert jobs == found[status] or status in counts.more_of, (asked, status)


async def test_counts_scan_a_bounded_number_of_jobs(conn: Conn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each filter scans a bounded number of jobs for each status, and for a project."""
    monkeypatch.setattr(operator_jobs, "MAX_SCANNED_OPERATOR_JOBS", 100)
    monkeypatch.setattr(operator_jobs, "MAX_COUNTED_JOBS_PER_PHASE", 100)
    org, project = await mixed(conn, 5, 1_000)
    await conn.execute("analyze job")
    for filters in ({}, {"kind": "none"}, {"organization_id": org}, {"error_code": "none"}):
        async with plans.reading(conn, "job") as come:
            counts = await operator_jobs.count_operator_jobs(conn, wanted=wanted(**filters))
        assert (come.scans, come.rows <= 4 * 100) == (0, True), (filters, come)
        assert counts.more_of == sorted(STATUSES)
    async with plans.reading(conn, "job") as come:
        counts = await operator_jobs.count_operator_jobs(conn, wanted=wanted(project_id=project, kind="none"))
    assert (come.scans, come.rows <= 100, counts.more_of) == (0, True, sorted(STATUSES)), come


async def test_each_phase_has_a_limit_of_its_own(conn: Conn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operator_jobs, "MAX_COUNTED_JOBS_PER_PHASE", 3)
    [org] = await scene.tenants(conn)
    await scene.insert_due_jobs(conn, [org], 4, UNCAPPED_JOB)
    assert len(await scene.pull(conn, await scene.worker(conn, UNCAPPED_JOB), 2, UNCAPPED_JOB)) == 2
    counts = await operator_jobs.count_operator_jobs(conn, wanted=wanted())
    assert (by_status(counts)["running"], counts.more_of) == (4, [])
    await scene.insert_due_jobs(conn, [org], 1, UNCAPPED_JOB)
    assert (await operator_jobs.count_operator_jobs(conn, wanted=wanted())).more_of == ["running"]
