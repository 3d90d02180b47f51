"""Starting ingests over HTTP."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import asyncpg
import httpx
import pytest
import pytest_asyncio
from litestar import Litestar

from db.pool import Conn, Pool
from domain.brand import ingests
from domain.brand.ingests import NewIngest
from domain.jobs import jobs
from jobs.ledger import SubmittedJob
from schemas import ids
from tests import seeds
from tests.api.conftest import ApiCaller, open_caller
from tests.api.refusals import problem
from tests.statements import counted

PAGE = {"url": "https://example.com"}


class IngestSource(NamedTuple):
    """`same` is equivalent to `body` in other words, `other` isn't; `sandbox` is for a sandbox."""

    name: str
    body: dict[str, Any]
    args: dict[str, Any]
    same: dict[str, Any]
    other: dict[str, Any]
    sandbox: dict[str, Any]


SOURCES = (
    IngestSource(
        "website",
        PAGE,
        {"url": "https://example.com/", "follow_links": False, "max_pages": 1},
        {"url": "example.com"},
        PAGE | {"maxPages": 2},
        {"url": "https://example.test/ok"},
    ),
    IngestSource(
        "github",
        {"repoFullName": "https://github.com/Acme/zap.git", "branch": "next"},
        {"repo": "Acme/zap", "branch": "next"},
        {"repoFullName": "git@github.com:Acme/zap.git", "branch": "next"},
        {"repoFullName": "acme/zapper"},
        {"repoFullName": "test/ok"},
    ),
    IngestSource(
        "appstore",
        {
            "appStoreUrl": "https://apps.apple.com/de/app/slack/id618783545?mt=8",
            "androidPackage": "com.Slack",
            "countryCode": "AT",
        },
        {
            "listings": [
                {"type": "appstore", "by": "id", "value": "618783545", "country": "de"},
                {"type": "googleplay", "package": "com.Slack", "language": None, "country": None},
            ],
            "country_code": "at",
        },
        {"appStoreUrl": "apps.apple.com/de/app/id618783545", "androidPackage": "com.Slack", "countryCode": "at"},
        {"appStoreUrl": "https://apps.apple.com/de/app/slack/id618783545"},
        {"iosBundleId": "test.example.ok"},
    ),
)


@pytest_asyncio.fixture
async def project(acme: ApiCaller, conn: Conn) -> str:
    return ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, await seeds.project(conn, acme.organization_id))


async def start_ingest(caller: ApiCaller, project: str, source: str = "website", **body: Any) -> httpx.Response:
    given = body or PAGE
    return await caller.http.post(f"/v1/projects/{project}/ingest/{source}", json=given)


async def test_each_source_has_its_own_job(acme: ApiCaller, project: str, conn: Conn) -> None:
    for source in SOURCES:
        answer = await start_ingest(acme, project, source.name, **source.body)
        body = answer.json()
        assert answer.status_code == 202
        assert answer.headers["Location"] == body["locationUrl"] == f"/v1/jobs/{body['jobId']}"
        assert answer.headers["Retry-After"] == "1"
        assert answer.headers["X-RateLimit-Endpoint-Class"] == "long-running"
        assert body == {
            "jobId": body["jobId"],
            "kind": f"ingest_{source.name}",
            "status": "running",
            "stage": "queued",
            "phase": "queued",
            "locationUrl": body["locationUrl"],
            "projectId": project,
            "startedAt": body["startedAt"],
            "deduplicated": False,
        }
        state = (await acme.http.get(f"/v1/projects/{project}")).json()["ingestState"][source.name]
        assert state == {"status": "running", "jobId": body["jobId"], "completedAt": None, "error": None}
        assert await conn.fetchval("select args from job where kind = $1", body["kind"]) == source.args
        again = await start_ingest(acme, project, source.name, **source.same)
        assert (again.status_code, again.json()) == (202, body | {"deduplicated": True})
        other = await start_ingest(acme, project, source.name, **source.other)
        assert problem(other) == (409, "CONFLICT", {"reason": "INGEST_RUNNING", "jobId": body["jobId"]})


async def test_canceled_ingest_can_be_started_again(acme: ApiCaller, project: str, conn: Conn) -> None:
    for source in SOURCES:
        first = (await start_ingest(acme, project, source.name, **source.body)).json()
        await acme.http.post(f"/v1/jobs/{first['jobId']}/cancel")
        again = (await acme.http.post(f"/v1/jobs/{first['jobId']}/retry")).json()
        job = (await acme.http.get(f"/v1/jobs/{again['jobId']}")).json()
        assert (job["kind"], job["retryOf"]) == (first["kind"], first["jobId"])
    assert await conn.fetchval("select count(distinct args) from job") == len(SOURCES)


async def test_a_repeat_with_its_key_starts_nothing_and_outlives_an_archive(
    acme: ApiCaller, project: str, conn: Conn
) -> None:
    url, headers = f"/v1/projects/{project}/ingest/website", {"Idempotency-Key": "read-1"}
    first = await acme.http.post(url, json=PAGE, headers=headers)
    await acme.http.delete(f"/v1/projects/{project}")
    again = await acme.http.post(url, json=PAGE, headers=headers)
    assert (again.status_code, again.content) == (202, first.content)
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotent-Replayed"] == "true"
    fresh = await acme.http.post(url, json=PAGE)
    assert problem(fresh)[2]["reason"] == "PROJECT_ARCHIVED"
    assert await conn.fetchval("select count(*) from job where kind = 'ingest_website'") == 1


async def test_a_retry_needs_the_scope_of_what_started_it(acme: ApiCaller, project: str, conn: Conn) -> None:
    first = (await start_ingest(acme, project)).json()
    await acme.http.post(f"/v1/jobs/{first['jobId']}/cancel")
    await conn.execute("update api_key set scopes = '{jobs:read,jobs:cancel}'")
    answer = await acme.http.post(f"/v1/jobs/{first['jobId']}/retry")
    assert problem(answer) == (403, "FORBIDDEN_SCOPE", {"requiredScope": "ingest:write"})


async def test_starts_and_archives_leave_nothing_running(acme: ApiCaller, conn: Conn, pool: Pool) -> None:
    """A hundred rounds: each ingest is either canceled by the archive's job or refused."""
    org = acme.organization_id
    await conn.execute("update organization set tier = 'partner' where id = $1", org)

    async def start(project: str) -> int:
        return (await start_ingest(acme, project)).status_code

    async def end(project_id: Any) -> None:
        await acme.http.delete(f"/v1/projects/{ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, project_id)}")
        async with pool.acquire() as own, own.transaction():
            while await jobs.cancel_jobs_of_archived_project(own, organization_id=org, project_id=project_id, limit=10):
                pass

    outcomes = []
    for _ in range(100):
        project_id = await seeds.project(conn, org)
        started, _ = await asyncio.gather(
            start(ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, project_id)), end(project_id)
        )
        outcomes.append(started)
    assert set(outcomes) <= {202, 409}
    assert await conn.fetchval("select count(*) from ingest where status = 'running'") == 0
    assert await conn.fetchval("select count(*) from ingest where status = 'canceled'") == outcomes.count(202)


async def test_the_sandbox_ingests_its_own_sources(app: Litestar, pool: Pool, conn: Conn) -> None:
    async with open_caller(app, pool, "Tester", env="test") as tester:
        project = ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, await seeds.project(conn, tester.organization_id))
        for source in SOURCES:
            answer = await start_ingest(tester, project, source.name, **source.sandbox)
            assert answer.status_code == 202, answer.text


async def test_ingests_of_many_requests_start_in_one_statement(acme: ApiCaller, rival: ApiCaller, conn: Conn) -> None:
    """Each has its own answer, at once and at its repeat."""
    keyed = {"Idempotency-Key": "read-1"}
    urls = {
        caller: "/v1/projects/"
        f"{ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, await seeds.project(conn, caller.organization_id))}"
        for caller in (acme, rival)
    }
    asked = [
        partial(caller.http.post, f"{url}/ingest/{source.name}", json=source.body, headers=keyed if with_key else {})
        for caller, url in urls.items()
        for source, with_key in zip(SOURCES, (True, False, False), strict=True)
    ]
    with counted() as statements:
        answers = await asyncio.gather(*(ask() for ask in asked))
    assert [answer.status_code for answer in answers] == [202] * len(asked)
    assert statements["start_ingests"] < len(asked)
    assert {"claim_key", "share_project", "submit_job", "start_ingest", "store_answer"}.isdisjoint(statements)
    jobs_by_id = {row["id"]: row["created_at"] for row in await conn.fetch("select id, created_at from job")}
    assert {ids.parse_prefixed_id(ids.JOB_ID_PREFIX, answer.json()["jobId"]) for answer in answers} == set(jobs_by_id)
    for answer, again in zip(answers, [await ask() for ask in asked], strict=True):
        body = answer.json()
        job = (await acme.http.get(body["locationUrl"])).json() | (await rival.http.get(body["locationUrl"])).json()
        assert job["startedAt"] == body["startedAt"]
        is_replayed = "Idempotent-Replayed" in again.headers
        assert again.json() == body | ({} if is_replayed else {"deduplicated": True})
        assert is_replayed == (body["kind"] == "ingest_website")


async def test_a_lost_answer_of_the_statement_starts_nothing_twice(
    acme: ApiCaller, project: str, conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection breaks after the commit. The caller gets an error, and its repeat the first answer."""
    answers = iter([asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")])
    whole = ingests.start_ingests

    async def start_and_lose_first_answer(conn: Conn, news: Sequence[NewIngest]) -> list[SubmittedJob | None]:
        started = await whole(conn, news)
        for error in answers:
            raise error
        return started

    monkeypatch.setattr(ingests, "start_ingests", start_and_lose_first_answer)
    url, headers = f"/v1/projects/{project}/ingest/website", {"Idempotency-Key": "read-1"}
    assert (await acme.http.post(url, json=PAGE, headers=headers)).status_code == 503
    again = await acme.http.post(url, json=PAGE, headers=headers)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (202, "true")
    assert [row["id"] for row in await conn.fetch("select id from job")] == [
        ids.parse_prefixed_id(ids.JOB_ID_PREFIX, again.json()["jobId"])
    ]


async def test_one_bad_ingest_of_a_statement_fails_no_other(
    acme: ApiCaller, rival: ApiCaller, project: str, conn: Conn
) -> None:
    await conn.execute(
        """create function refuse() returns trigger language plpgsql as $$
           begin raise foreign_key_violation; end $$"""
    )
    await conn.execute(
        f"""create trigger refuse before insert on job for each row
            when (new.organization_id = '{rival.organization_id}') execute function refuse()"""
    )
    other = ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, await seeds.project(conn, rival.organization_id))
    works = [start_ingest(acme, project, source.name, **source.body) for source in SOURCES]
    *fine, refused = await asyncio.gather(*works, start_ingest(rival, other))
    assert [answer.status_code for answer in (*fine, refused)] == [202, 202, 202, 500]
    assert await conn.fetchval("select count(*) from job") == len(fine)
