"""Starting a GitHub ingest over HTTP."""

from typing import Any

import httpx
import pytest_asyncio

from db.pool import Conn
from schemas import ids
from tests import seeds
from tests.api.conftest import Caller


@pytest_asyncio.fixture
async def project(acme: Caller, conn: Conn) -> str:
    return ids.show(ids.PROJECT, await seeds.project(conn, acme.organization_id))


async def ingest(caller: Caller, project: str, **body: Any) -> httpx.Response:
    return await caller.http.post(f"/v1/projects/{project}/ingest/github", json=body)


async def test_an_ingest_is_accepted_as_a_job(acme: Caller, project: str, conn: Conn) -> None:
    answer = await ingest(acme, project, repoFullName="https://github.com/Acme/zap.git", branch="next")
    said = answer.json()
    assert (answer.status_code, said["kind"], said["projectId"]) == (202, "ingest_github", project)
    state = (await acme.http.get(f"/v1/projects/{project}")).json()["ingestState"]
    assert state["github"]["jobId"] == said["jobId"]
    assert state["website"] is None
    assert await conn.fetchval("select args from job") == {"repo": "Acme/zap", "branch": "next"}


async def test_every_form_of_a_repository_is_the_same_ingest(acme: Caller, project: str) -> None:
    first = (await ingest(acme, project, repoFullName="acme/zap")).json()
    again = await ingest(acme, project, repoFullName="git@github.com:acme/zap.git")
    assert (again.status_code, again.json()) == (202, first | {"deduplicated": True})
    other = (await ingest(acme, project, repoFullName="acme/zapper")).json()["error"]
    assert (other["code"], other["details"]["reason"]) == ("CONFLICT", "INGEST_RUNNING")


async def test_a_website_and_a_repository_are_read_side_by_side(acme: Caller, project: str) -> None:
    site = await acme.http.post(f"/v1/projects/{project}/ingest/website", json={"url": "https://example.com"})
    assert site.status_code == 202
    assert (await ingest(acme, project, repoFullName="acme/zap")).status_code == 202
