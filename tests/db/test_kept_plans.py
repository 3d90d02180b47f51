"""Plans of every request's statements are cached from the sixth call on: planning costs more than running.

PostgreSQL plans a statement for each call while it considers that cheaper. It always does for arrays that are
shorter than it guesses, and its own estimate of the planning cost is far too low.
"""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from db.pool import Conn
from db.queries import Query, api_key, job, job_view, project
from domain.brand import ingests
from domain.brand.ingests import NewIngest
from domain.jobs import jobs
from domain.projects import projects
from domain.projects.projects import ProjectToInsert
from domain.tenancy import api_keys, organizations
from jobs import ledger
from jobs.kinds import INGEST_WEBSITE_KIND
from jobs.ledger import NewJob
from schemas import ids
from schemas.projects import ProjectCreate
from tests import seeds
from tests.plans import TIMES

pytestmark = pytest.mark.fresh


async def test_keys_jobs_and_projects_are_read_by_kept_plans(conn: Conn) -> None:
    """And projects are created, jobs submitted and ingests started by one."""
    org = (await organizations.insert_organization_pair(conn, name="shop", tier="pilot")).live
    for _ in range(TIMES):
        await api_keys.find_api_keys_by_key_ids(conn, key_ids=["a" * 16])
        await jobs.read_jobs_by_ids(conn, refs=[(ids.new_uuid7(), ids.new_uuid7())])
        made = _composed(org)
        assert await projects.insert_new_projects(conn, [made]) == [True]
        await ledger.submit_jobs_of_tenants(conn, [NewJob(ids.new_uuid7(), INGEST_WEBSITE_KIND, org, None, {})])
        project_id = seeds.parse_id(ids.PROJECT_ID_PREFIX, made.composed.id)
        await projects.read_project(conn, organization_id=org, project_id=project_id)
        job_of_ingest = ingests.build_ingest_job(
            INGEST_WEBSITE_KIND, organization_id=org, project_id=project_id, args={}
        )
        assert await ingests.start_ingests(conn, [NewIngest(job_of_ingest, seeds.NOW)]) != [None]
    for query in (
        api_key.find_keys,
        job_view.get_jobs,
        project.insert_projects,
        project.get_project,
        job.submit_jobs_of_tenants,
        job.start_ingests,
    ):
        assert await _kept(conn, query), query.name


def _composed(org: UUID) -> ProjectToInsert:
    body = ProjectCreate(name="shop", timezone="UTC")
    return ProjectToInsert(
        org, None, projects.compose_new_project(body, organization_id=org, now=datetime.now(UTC)), None
    )


async def _kept(conn: Conn, query: Query) -> bool:
    """Return whether the session has a generic plan of the statement."""
    plans = "select generic_plans from pg_prepared_statements where statement = $1"
    return bool(await conn.fetchval(plans, query.sql))
