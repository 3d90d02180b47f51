"""Starting an ingest of the stores over HTTP."""

from typing import Any

import httpx
import pytest_asyncio

from db.pool import Conn, Pool
from schemas import ids
from tests import seeds
from tests.api.conftest import Caller, calling
from tests.api.refusals import problem

APP = {"appStoreUrl": "https://apps.apple.com/de/app/slack/id618783545?mt=8"}


@pytest_asyncio.fixture
async def project(acme: Caller, conn: Conn) -> str:
    return ids.show(ids.PROJECT, await seeds.project(conn, acme.organization_id))


async def ingest(caller: Caller, project: str, **body: Any) -> httpx.Response:
    return await caller.http.post(f"/v1/projects/{project}/ingest/appstore", json=body)


async def test_an_ingest_is_accepted_as_a_job(acme: Caller, project: str, conn: Conn) -> None:
    answer = await ingest(acme, project, **APP, androidPackage="com.Slack", countryCode="AT")
    said = answer.json()
    assert (answer.status_code, said["kind"], said["status"]) == (202, "ingest_appstore", "running")
    assert answer.headers["Location"] == said["locationUrl"] == f"/v1/jobs/{said['jobId']}"
    state = (await acme.http.get(f"/v1/projects/{project}")).json()["ingestState"]["appstore"]
    assert state == {"status": "running", "jobId": said["jobId"], "completedAt": None, "error": None}
    assert await conn.fetchval("select args from job") == {
        "listings": [
            {"type": "appstore", "by": "id", "value": "618783545", "country": "de"},
            {"type": "googleplay", "package": "com.Slack", "language": None, "country": None},
        ],
        "country_code": "at",
    }


async def test_the_same_app_in_other_words_is_the_running_job(acme: Caller, project: str) -> None:
    first = (await ingest(acme, project, **APP)).json()
    again = await ingest(acme, project, appStoreUrl="apps.apple.com/de/app/id618783545", countryCode="us")
    assert (again.status_code, again.json()) == (202, first | {"deduplicated": True})
    other = await ingest(acme, project, **APP, countryCode="gb")
    assert problem(other) == (409, "CONFLICT", {"reason": "INGEST_RUNNING", "jobId": first["jobId"]})


async def test_a_website_may_be_read_at_the_same_time(acme: Caller, project: str) -> None:
    await ingest(acme, project, **APP)
    website = f"/v1/projects/{project}/ingest/website"
    assert (await acme.http.post(website, json={"url": "https://example.com"})).status_code == 202


async def test_a_canceled_one_is_started_again_for_the_same_app(
    acme: Caller, project: str, conn: Conn
) -> None:
    first = (await ingest(acme, project, **APP)).json()
    await acme.http.post(f"/v1/jobs/{first['jobId']}/cancel")
    again = (await acme.http.post(f"/v1/jobs/{first['jobId']}/retry")).json()
    job = (await acme.http.get(f"/v1/jobs/{again['jobId']}")).json()
    assert (job["kind"], job["retryOf"]) == ("ingest_appstore", first["jobId"])
    assert await conn.fetchval("select count(distinct args) from job") == 1


async def test_the_sandbox_ingests_its_own_apps(app: Any, pool: Pool, conn: Conn) -> None:
    async with calling(app, pool, "Tester", env="test") as tester:
        project = ids.show(ids.PROJECT, await seeds.project(conn, tester.organization_id))
        assert (await ingest(tester, project, iosBundleId="test.example.ok")).status_code == 202
