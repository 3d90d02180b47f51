"""Ingests: one at a time for each source, never in an archived project, ended with their jobs."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from db.pool import Conn, Pool, transact
from domain.brand import ingests
from domain.projects import archive, projects
from jobs.kinds import INGEST_WEBSITE
from jobs.ledger import Claim, Moved, Submitted
from schemas import ids
from schemas.brand import Extraction, Finding
from schemas.errors import Conflict, NotFound
from schemas.projects import IngestState
from tests import seeds

PAGE: dict[str, Any] = {"url": "https://example.com/", "follow_links": False, "max_pages": 1}


@pytest_asyncio.fixture
async def org(conn: Conn) -> UUID:
    return await seeds.organization(conn)


@pytest_asyncio.fixture
async def project_id(conn: Conn, org: UUID) -> UUID:
    return await seeds.project(conn, org)


async def start(pool: Pool, org: UUID, project_id: UUID, **changed: Any) -> Submitted:
    return await transact(
        pool,
        lambda conn: ingests.start_website(
            conn, organization_id=org, project_id=project_id, **PAGE | changed
        ),
    )


async def state(conn: Conn, org: UUID, project_id: UUID) -> IngestState | None:
    project, _ = await projects.get(conn, organization_id=org, project_id=project_id)
    return project.ingest_state.website


async def end(conn: Conn, job_id: UUID, word: str, error: dict[str, Any] | None = None) -> None:
    """What whoever ends a job does, the job's row first."""
    async with conn.transaction():
        row = await conn.fetchrow(
            """update job set state = $2, stage = $2, finished_at = now(), error = $3
                where id = $1 returning organization_id, project_id, id, kind, fence, state, error""",
            job_id,
            word,
            error,
        )
        assert row is not None
        await ingests.ended(conn, rows=[Moved(*row.values())])


async def test_a_start_shows_in_the_project(pool: Pool, conn: Conn, org: UUID, project_id: UUID) -> None:
    submitted = await start(pool, org, project_id)
    assert (submitted.fresh, submitted.stage) == (True, "queued")
    assert await state(conn, org, project_id) == IngestState(
        status="running", job_id=ids.show(ids.JOB, submitted.job_id), completed_at=None, error=None
    )


async def test_the_same_again_is_the_same_job_and_another_is_refused(
    pool: Pool, conn: Conn, org: UUID, project_id: UUID
) -> None:
    first = await start(pool, org, project_id)
    again = await start(pool, org, project_id)
    assert (again.job_id, again.fresh, again.wake) == (first.job_id, False, None)
    with pytest.raises(Conflict) as refused:
        await start(pool, org, project_id, max_pages=2)
    assert refused.value.details == {"reason": "INGEST_RUNNING", "jobId": ids.show(ids.JOB, first.job_id)}
    await end(conn, first.job_id, "completed")
    later = await start(pool, org, project_id, max_pages=2)
    assert later.fresh
    assert later.job_id != first.job_id


async def test_starts_at_once_are_one_job(pool: Pool, conn: Conn, org: UUID, project_id: UUID) -> None:
    answers = await asyncio.gather(*(start(pool, org, project_id) for _ in range(8)))
    assert len({answer.job_id for answer in answers}) == 1
    assert sum(answer.fresh for answer in answers) == 1
    assert await conn.fetchval("select count(*) from job") == 1


async def test_nothing_starts_elsewhere_or_in_an_archived_project(
    pool: Pool, conn: Conn, org: UUID, project_id: UUID
) -> None:
    with pytest.raises(NotFound):
        await start(pool, await seeds.organization(conn), project_id)
    await archive.archive(conn, organization_id=org, project_id=project_id, api_key_id=None)
    with pytest.raises(Conflict) as refused:
        await start(pool, org, project_id)
    assert refused.value.details["reason"] == "PROJECT_ARCHIVED"


async def test_an_ingest_ends_as_its_job_did(pool: Pool, conn: Conn, org: UUID, project_id: UUID) -> None:
    submitted = await start(pool, org, project_id)
    error = {"code": "FETCH_FAILED", "message": "no answer", "retryable": True}
    await end(conn, submitted.job_id, "failed", error)
    found = await state(conn, org, project_id)
    assert found is not None
    assert found.error is not None
    assert (found.status, found.error.code, found.completed_at is None) == ("failed", "FETCH_FAILED", False)


async def test_a_retry_takes_the_ingest_over(pool: Pool, conn: Conn, org: UUID, project_id: UUID) -> None:
    first = await start(pool, org, project_id)
    await end(conn, first.job_id, "canceled")
    again = await transact(
        pool,
        lambda inner: ingests.start(
            inner,
            kind=INGEST_WEBSITE,
            organization_id=org,
            project_id=project_id,
            args=PAGE,
            retry_of=first.job_id,
        ),
    )
    assert again.fresh
    await end(conn, first.job_id, "canceled")
    found = await state(conn, org, project_id)
    assert found is not None
    assert (found.status, found.job_id) == ("running", ids.show(ids.JOB, again.job_id))


async def read(pool: Pool, conn: Conn, org: UUID, project_id: UUID, **said: str) -> dict[str, Any]:
    """One whole ingest that read these fields."""
    submitted = await start(pool, org, project_id)
    claim = Claim(org, project_id, submitted.job_id, "ingest_website", 1, 1, 4, {}, seeds.NOW)
    fields = {name: Finding(value=value, confidence=0.8, rule="html.title") for name, value in said.items()}
    extraction = Extraction(url="https://example.com/", title=None, fields=fields, warnings=["js_rendered"])  # type: ignore[arg-type]
    async with conn.transaction():
        result = await ingests.finish(conn, claim=claim, extraction=extraction)
    await end(conn, submitted.job_id, "completed")
    return result


async def test_a_finish_replaces_what_its_source_said_before(
    pool: Pool, conn: Conn, org: UUID, project_id: UUID
) -> None:
    assert await read(pool, conn, org, project_id, appName="Shop", tagline="Buy") == {
        "source": "website",
        "url": "https://example.com/",
        "fields": ["appName", "tagline"],
        "changed": ["appName", "tagline"],
        "warnings": ["js_rendered"],
    }
    second = await read(pool, conn, org, project_id, appName="Shop", appDescription="All")
    assert second["fields"] == ["appName", "appDescription"]
    assert second["changed"] == ["appDescription", "tagline"]
    project, _ = await projects.get(conn, organization_id=org, project_id=project_id)
    brand, ingested = project.brand_context, project.ingest_state.website
    assert brand is not None
    assert ingested is not None
    assert (brand.app_name, brand.app_description, brand.tagline) == ("Shop", "All", None)
    assert brand.provenance["appName"].job_id == ingested.job_id
    assert (brand.provenance["appName"].source, brand.provenance["appName"].confidence) == ("website", 0.8)


async def archive_and_look(pool: Pool, org: UUID, project_id: UUID) -> list[UUID]:
    """The ingest jobs that an archive's job finds the moment that the archive has committed."""
    await transact(
        pool, lambda conn: archive.archive(conn, organization_id=org, project_id=project_id, api_key_id=None)
    )
    return await ingest_jobs(pool, project_id)


async def ingest_jobs(pool: Pool, project_id: UUID) -> list[UUID]:
    rows = await pool.fetch(
        "select id from job where project_id = $1 and kind = 'ingest_website'", project_id
    )
    return [row["id"] for row in rows]


async def test_no_ingest_begins_behind_an_archive(pool: Pool, conn: Conn, org: UUID) -> None:
    """Whichever of the two comes first: the archive's job finds all that it must cancel."""
    begun = 0
    for _ in range(100):
        project_id = await seeds.project(conn, org)
        started, found = await asyncio.gather(
            start(pool, org, project_id), archive_and_look(pool, org, project_id), return_exceptions=True
        )
        if isinstance(started, Conflict):
            assert started.details["reason"] == "PROJECT_ARCHIVED"
        else:
            assert isinstance(started, Submitted)
            begun += 1
        assert found == await ingest_jobs(pool, project_id)
    assert await conn.fetchval("select count(*) from ingest") == begun
