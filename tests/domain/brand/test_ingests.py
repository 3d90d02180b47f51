"""Ingests: one at a time for each source, none in an archived project, ended with their jobs."""

import asyncio
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from db.pool import Conn, Pool, run_in_transaction
from domain.brand import ingests
from domain.projects import projects
from jobs.kinds import INGEST_WEBSITE_KIND
from jobs.ledger import ChangedJob, JobClaim, SubmittedJob
from schemas import ids
from schemas.brand import BrandExtraction, SourceFieldFinding
from schemas.pictures import PictureFoundByIngest
from tests import seeds
from tests.domain import project as verbs
from tests.domain.project import Project

PAGE: dict[str, Any] = {"url": "https://example.com/", "follow_links": False, "max_pages": 1}


async def start(pool: Pool, project: Project, **asked: Any) -> SubmittedJob:
    named: dict[str, Any] = {"kind": INGEST_WEBSITE_KIND, "args": PAGE} | asked
    begin = partial(ingests.start_ingest, organization_id=project.org, project_id=project.id, **named)
    return await run_in_transaction(pool, begin)


async def end(conn: Conn, job_id: UUID, word: str, error: dict[str, Any] | None = None) -> None:
    """End a job as every ending transaction does, the job's row first."""
    async with conn.transaction():
        row = await conn.fetchrow(
            """update job set state = $2, stage = $2, finished_at = now(), error = $3
                where id = $1 returning organization_id, project_id, id, kind, fence, state, error""",
            job_id,
            word,
            error,
        )
        assert row is not None
        await ingests.mark_ingests_ended(conn, rows=[ChangedJob(*row.values())])


async def test_starts_at_once_are_one_job(pool: Pool, conn: Conn, project: Project) -> None:
    answers = await asyncio.gather(*(start(pool, project) for _ in range(8)))
    assert len({answer.job_id for answer in answers}) == 1
    assert sum(answer.fresh for answer in answers) == 1
    assert sum(answer.wake is not None for answer in answers) == 1
    assert await conn.fetchval("select count(*) from job") == 1


async def test_a_retry_takes_the_ingest_over(pool: Pool, conn: Conn, project: Project) -> None:
    first = await start(pool, project)
    await end(conn, first.job_id, "canceled")
    again = await start(pool, project, retry_of=first.job_id)
    assert again.fresh
    await end(conn, first.job_id, "canceled")
    found = await verbs.ingest(conn, project)
    assert (found.status, found.job_id) == ("running", ids.format_prefixed_id(ids.JOB_ID_PREFIX, again.job_id))


LOGO = PictureFoundByIngest(
    kind="logo",
    url="https://example.com/logo.png",
    width=180,
    height=180,
    type="image/png",
    rule="jsonld.logo",
    page="https://example.com/",
)


async def read(pool: Pool, conn: Conn, project: Project, **values: str) -> dict[str, Any]:
    """Run one whole ingest that reads these fields."""
    submitted = await start(pool, project)
    claim = JobClaim(project.org, project.id, submitted.job_id, "ingest_website", 1, 1, 4, {}, seeds.NOW)
    fields = {
        name: SourceFieldFinding(value=value, confidence=0.8, rule="html.title") for name, value in values.items()
    }
    extraction = BrandExtraction(
        url="https://example.com/",
        title=None,
        fields=fields,  # type: ignore[arg-type]
        media=[LOGO] if values.get("appName") else [],
        warnings=["js_rendered"],
    )
    async with conn.transaction():
        result = await ingests.finish_ingest(conn, claim=claim, extraction=extraction)
    await end(conn, submitted.job_id, "completed")
    return result


async def test_finish_replaces_the_sources_earlier_fields(pool: Pool, conn: Conn, project: Project) -> None:
    assert await read(pool, conn, project, appName="Shop", tagline="Buy") == {
        "source": "website",
        "url": "https://example.com/",
        "fields": ["appName", "tagline"],
        "changed": ["appName", "tagline"],
        "media": [msgspec.to_builtins(LOGO)],
        "warnings": ["js_rendered"],
    }
    assert (await read(pool, conn, project))["media"] == []
    second = await read(pool, conn, project, appName="Shop", appDescription="All")
    assert second["fields"] == ["appName", "appDescription"]
    assert second["changed"] == ["appName", "appDescription"]
    shown, _ = await projects.read_project(conn, organization_id=project.org, project_id=project.id)
    brand, ingested = shown.brand_context, shown.ingest_state.website
    assert brand is not None
    assert ingested is not None
    assert (brand.app_name, brand.app_description, brand.tagline) == ("Shop", "All", None)
    assert brand.provenance["appName"].job_id == ingested.job_id
    assert (brand.provenance["appName"].source, brand.provenance["appName"].confidence) == ("website", 0.8)
