"""Projects: fields, changes, and races."""

import asyncio
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from db.pool import Conn, Pool, run_in_transaction
from domain.projects import archive_status, projects
from schemas.errors import StateConflict, VersionOutdated
from schemas.projects import ProjectPatch
from tests import leasing, seeds
from tests.domain import project as verbs
from tests.domain.project import Project


async def patched(conn: Conn, org: UUID, project_id: UUID, **fields: Any) -> Any:
    body = projects.check_project_patch(ProjectPatch(**fields))
    async with conn.transaction():
        return await projects.apply_project_patch(
            conn, organization_id=org, project_id=project_id, api_key_id=None, body=body
        )


async def test_omitted_fields_stay_and_metadata_is_replaced(conn: Conn, org: UUID) -> None:
    project_id = await seeds.project(conn, org, customer_external_id="c-1", metadata={"a": 1})
    project, version = await patched(conn, org, project_id, metadata={"b": 2})
    assert project.metadata == {"b": 2, "partner": {"customerExternalId": "c-1"}}
    assert (project.name, project.timezone, version) == ("Shop", "Europe/Berlin", 2)
    project, _ = await patched(conn, org, project_id, customer_external_id=None)
    assert (project.customer_external_id, project.metadata) == (None, {"b": 2})
    project, version = await patched(conn, org, project_id, name="Store", timezone="UTC", primary_language="de")
    assert (project.name, project.timezone, project.primary_language, version) == ("Store", "UTC", "de", 4)


async def test_an_empty_patch_changes_nothing(conn: Conn, org: UUID) -> None:
    project_id = await seeds.project(conn, org)
    before = await projects.read_project(conn, organization_id=org, project_id=project_id)
    assert await patched(conn, org, project_id) == before


async def test_an_archive_repeats_its_answer_and_an_ended_one_can_be_undone(conn: Conn, org: UUID) -> None:
    project_id = await seeds.project(conn, org)
    answer, wake = await verbs.archive(conn, Project(org, project_id))
    assert wake is not None
    assert wake.kind == "archive_project"
    assert (answer.status, answer.canceled_scheduled_posts, answer.in_flight_posts) == ("archived", 0, 0)
    assert await verbs.archive(conn, Project(org, project_id)) == (answer, None)
    with pytest.raises(StateConflict) as refused:
        await patched(conn, org, project_id, status="active")
    assert refused.value.details == {"reason": "ARCHIVE_RUNNING", "jobId": answer.job_id}
    await conn.execute("update job set state = 'completed', stage = 'completed', finished_at = now()")
    project, version = await patched(conn, org, project_id, status="active")
    assert (project.status, project.archived_at, version) == ("active", None, 4)
    again, wake = await verbs.archive(conn, Project(org, project_id))
    assert wake is not None
    assert again.job_id != answer.job_id


async def test_failed_archive_is_retried_only_while_archived(conn: Conn, org: UUID) -> None:
    project_id = await seeds.project(conn, org)
    _, wake = await verbs.archive(conn, Project(org, project_id))
    assert wake is not None
    where: dict[str, Any] = {"organization_id": org, "project_id": project_id, "retry_of": wake.job_id}
    await conn.execute("update job set state = 'failed', stage = 'failed', finished_at = now(), error = '{}'::jsonb")
    submitted = await archive_status.retry_project_archive(conn, **where)
    with pytest.raises(StateConflict, match="still runs"):
        await patched(conn, org, project_id, status="active")
    await conn.execute(
        "update job set state = 'completed', stage = 'completed', finished_at = now() where id = $1", submitted.job_id
    )
    await patched(conn, org, project_id, status="active")
    with leasing.conflict("JOB_NOT_RETRYABLE"):
        await archive_status.retry_project_archive(conn, **where)


async def test_of_two_patches_of_one_version_one_wins(pool: Pool, conn: Conn, org: UUID) -> None:
    project_id = await seeds.project(conn, org)

    async def rename(name: str) -> str:
        asked = partial(projects.apply_project_patch, organization_id=org, project_id=project_id, api_key_id=None)
        project, _ = await run_in_transaction(pool, partial(asked, body=ProjectPatch(name=name), versions={1}))
        return project.name

    answers = await asyncio.gather(rename("A"), rename("B"), return_exceptions=True)
    winners = [answer for answer in answers if isinstance(answer, str)]
    assert len(winners) == 1
    assert any(isinstance(answer, VersionOutdated) for answer in answers)
    project, version = await projects.read_project(conn, organization_id=org, project_id=project_id)
    assert (project.name, version) == (winners[0], 2)
