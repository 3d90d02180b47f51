"""Counts of all organizations' jobs match the list under any filter, or report that there may be more."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from db.pool import Conn
from domain.operations import operator_jobs
from domain.operations.operator_jobs import OperatorJobFilter
from domain.values.periods import UNBOUNDED_PERIOD, ListPeriod
from schemas.jobs import ApiJobStatus
from schemas.operator_jobs import OperatedJobCounts
from tests import plans, seeds
from tests.jobs import scene

pytestmark = pytest.mark.fresh

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


def wanted(**filters: Any) -> OperatorJobFilter:
    fields: dict[str, Any] = dict.fromkeys(OperatorJobFilter._fields) | {"period": UNBOUNDED_PERIOD} | filters
    return OperatorJobFilter(**fields)


async def listed(conn: Conn, asked: OperatorJobFilter) -> int:
    """Count the jobs of the list, page by page."""
    found, before = 0, None
    while page := await operator_jobs.list_operator_job_page(conn, wanted=asked, before=before, limit=25):
        found, before = found + len(page), UUID(page[-1].job_id.removeprefix("job_"))
    return found


def by_status(counts: OperatedJobCounts) -> dict[ApiJobStatus, int]:
    return {status: getattr(counts.by_status, status) for status in STATUSES}


async def mixed(conn: Conn, orgs: int, each: int) -> tuple[UUID, UUID]:
    """Insert mixed jobs; return the first of the organizations and its project."""
    made = await scene.tenants(conn, orgs)
    projects = [await seeds.project(conn, org) for org in made]
    await conn.execute(MIXED, made, projects, each)
    return made[0], projects[0]


async def test_counts_match_the_list_under_any_filter(conn: Conn, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a depth that covers all jobs, and with one that covers some: then the counts are lower bounds."""
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
        asked = wanted(**dict(zip(choices, values, strict=True)))
        found = {status: await listed(conn, asked._replace(status=status)) for status in STATUSES}
        counts = await operator_jobs.count_operator_jobs(conn, wanted=asked)
        assert (by_status(counts), counts.more_of) == (found, []), asked
        with monkeypatch.context() as patched:
            patched.setattr(operator_jobs, "SCAN_DEPTH", 20)
            counts = await operator_jobs.count_operator_jobs(conn, wanted=asked)
        for status, jobs in by_status(counts).items():
            assert jobs <= found[status], (asked, status)
            assert jobs == found[status] or status in counts.more_of, (asked, status)


async def test_counts_scan_a_bounded_number_of_jobs(conn: Conn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each filter scans a bounded number of jobs for each status, and for a project."""
    monkeypatch.setattr(operator_jobs, "SCAN_DEPTH", 100)
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
