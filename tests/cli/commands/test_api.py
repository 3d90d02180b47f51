"""`tenantry api` against the API itself: each promise of its help."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID

import httpx
import msgspec
import pytest
import pytest_asyncio
import structlog
from click.testing import Result

from api.app import set_api_settings_and_clock
from cli.shared.remote import ApiAddressAndKey
from db.pool import Conn, Pool
from domain.jobs import jobs
from jobs.kinds import INGEST_WEBSITE_KIND
from jobs.ledger import AttemptSettlement
from jobs.outcomes import Done, Failed, TaskOutcome
from schemas.settings import Settings
from tests import media, seeds
from tests.api.conftest import ApiCaller, built_app, hold_context, open_caller
from tests.cli.conftest import Tenantry, decoded
from tests.log_lines import write_logs
from tests.waiting import PATIENCE_S, eventually

Api: TypeAlias = Callable[..., Awaitable[Result]]

UNREADABLE = Failed("NOT_HTML", "a picture", retryable=False)


class InProcess(httpx.BaseTransport):
    """Transport of requests from a command's thread to an app in the test's event loop."""

    def __init__(self, app: Any) -> None:
        self.loop, self.app = asyncio.get_running_loop(), httpx.ASGITransport(app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        copied = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
        return asyncio.run_coroutine_threadsafe(self._answer(copied), self.loop).result(PATIENCE_S)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = await self.app.handle_async_request(request)
        content = await answer.aread()
        return httpx.Response(answer.status_code, headers=answer.headers, content=content)


@pytest_asyncio.fixture
async def acme(
    elsewhere: Path, settings: Settings, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ApiCaller]:
    """Organization of the command's key."""
    app = set_api_settings_and_clock(built_app(), msgspec.structs.replace(settings, allowed_hosts="api"))
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())  # keeps stdout for the command
    async with hold_context(app.lifespan()), open_caller(app, pool, "Acme") as caller:
        transport, client = InProcess(app), ApiAddressAndKey.open_client

        def in_process(remote: ApiAddressAndKey) -> httpx.Client:
            return httpx.Client(headers=client(remote).headers, transport=transport)

        monkeypatch.setattr(ApiAddressAndKey, "open_client", in_process)
        monkeypatch.setenv("TENANTRY_API", "http://api/v1")
        monkeypatch.setenv("TENANTRY_KEY", caller.key)
        yield caller
    write_logs()


@pytest.fixture
def api(tenantry: Tenantry, acme: ApiCaller) -> Api:
    """Run `await api("projects")`, and check that the key is never printed."""

    async def call(*words: str, **given: Any) -> Result:
        result = await tenantry("api", *words, **given)
        assert acme.key not in result.output
        return result

    return call


@pytest_asyncio.fixture
async def project(api: Api) -> str:
    project_id: str = decoded(await api("projects", "-f", "name=Shop", "-f", "timezone=UTC"))["id"]
    return project_id


def lines(result: Result) -> list[Any]:
    assert result.exit_code == 0, result.output
    return [msgspec.json.decode(line) for line in result.stdout.splitlines()]


def refusal(result: Result, exit_code: int) -> Any:
    """Return the error envelope on stdout; stderr has a line for a person."""
    assert result.exit_code == exit_code, result.output
    error = msgspec.json.decode(result.stdout)["error"]
    assert error["message"] in result.stderr
    return error


async def test_fields_are_the_body_of_a_post_and_the_query_of_a_get(api: Api) -> None:
    words = ["-f", "name=Acme & Sons", "-f", "timezone=Europe/Berlin", "-F", "metadata[size]=3"]
    created = decoded(await api("/v1/projects", *words, "-f", "metadata[tags][]=true"))
    assert (created["name"], created["metadata"]) == ("Acme & Sons", {"size": 3, "tags": ["true"]})
    assert lines(await api("GET", "projects", "-f", "search=& sons", "--paginate")) == [created]
    assert decoded(await api("v1/projects?status=archived"))["items"] == []


async def test_a_body_comes_from_a_file_or_from_stdin(api: Api, project: str, tmp_path: Path) -> None:
    (tmp_path / "changes.json").write_text('{"name": "Bakery"}')
    shown = decoded(await api("patch", f"projects/{project}", "--input", "changes.json"))
    assert shown["name"] == "Bakery"
    version = ["-H", 'If-Match: "1"']
    stale = await api("PATCH", f"projects/{project}", *version, "--input", "-", input='{"name": "Late"}')
    assert refusal(stale, 4)["code"] == "PRECONDITION_FAILED"


async def test_files_and_texts_are_a_form(api: Api, project: str, tmp_path: Path) -> None:
    (tmp_path / "bread.png").write_bytes(picture := media.picture("PNG"))
    words = [f"projects/{project}/content/upload", "-F", "file=@bread.png", "-f", "caption=Fresh"]
    created = decoded(await api(*words))
    assert (created["caption"], created["assets"][0]["sizeBytes"]) == ("Fresh", len(picture))
    text_only = decoded(await api(words[0], "--form", "-f", "caption=No picture"))
    assert (text_only["format"], text_only["caption"]) == ("text", "No picture")
    downloaded = await api(created["assets"][0]["url"].replace("http://127.0.0.1:8000", "http://api"))
    assert downloaded.stdout_bytes == picture


async def test_paginate_reads_all_pages(api: Api) -> None:
    project_ids = [decoded(await api("projects", "-f", f"name={n}", "-f", "timezone=UTC"))["id"] for n in range(5)]
    items = lines(await api("projects?limit=2", "--paginate"))
    assert [item["id"] for item in items] == project_ids[::-1]
    assert decoded(await api("whoami", "--paginate"))["organizationName"] == "Acme"


@pytest.mark.parametrize(("outcome", "status"), [(Done({"fields": []}), "completed"), (UNREADABLE, "failed")])
async def test_a_job_is_followed_to_its_end(
    api: Api, project: str, pool: Pool, conn: Conn, *, outcome: TaskOutcome, status: str
) -> None:
    words = [f"projects/{project}/ingest/website", "-f", "url=https://example.com", "--wait"]
    waiting = asyncio.ensure_future(api(*words))
    [claim] = await eventually(lambda: seeds.claims(conn, INGEST_WEBSITE_KIND))
    await jobs.settle_jobs_and_subjects(pool, [AttemptSettlement(claim, outcome)])
    result = await waiting
    assert result.exit_code == (status == "failed")
    job = msgspec.json.decode(result.stdout)
    assert (job["status"], job["projectId"]) == (status, project)
    again = await api(f"jobs/{job['jobId']}", "--wait")
    assert (again.exit_code, again.stdout) == (result.exit_code, result.stdout)


async def test_the_jobs_of_posts_are_followed_too(api: Api, acme: ApiCaller, project: str, conn: Conn) -> None:
    account = await seeds.account(conn, acme.organization_id, UUID(project.removeprefix("prj_")))
    content = decoded(await api(f"projects/{project}/content/upload", "--form", "-f", "caption=Hi"))["id"]
    words = [f"content/{content}/publish", "-f", f"targets[][socialAccountId]=sa_{account}", "--wait"]
    waiting = asyncio.ensure_future(api(*words))

    async def queued() -> list[Any]:
        found: list[Any] = (await acme.http.get("/v1/jobs?kind=publish_post")).json()["items"]
        return found

    [job] = await eventually(queued)
    await acme.http.post(f"/v1/jobs/{job['jobId']}/cancel")
    result = await waiting
    assert (result.exit_code, msgspec.json.decode(result.stdout)["status"]) == (1, "canceled")


async def test_wait_without_a_job_prints_the_response_and_a_note(api: Api, project: str) -> None:
    result = await api(f"projects/{project}", "--wait")
    assert decoded(result)["id"] == project
    assert "no job" in result.stderr


async def test_a_repeated_idempotency_key_writes_once(api: Api) -> None:
    words = ["projects", "-f", "name=Acme", "-f", "timezone=UTC"]
    first, again = [decoded(await api(*words, "--idempotency-key", "a-key")) for _ in range(2)]
    assert first == again
    by_header = decoded(await api(*words, "-H", "idempotency-key: a-key"))
    assert by_header == first
    assert decoded(await api(*words))["id"] != first["id"]
    other = await api(*words, "-f", "primaryLanguage=de", "--idempotency-key", "a-key")
    assert refusal(other, 4)["code"] == "IDEMPOTENCY_CONFLICT"


async def test_exit_codes_by_kind_of_error(api: Api, project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(await api("projects/prj_00000000-0000-7000-8000-000000000000"), 3)["code"] == "NOT_FOUND"
    refusal(await api("projects/nowhere", "--paginate"), 3)
    assert refusal(await api("projects", "-f", "name="), 2)["code"] == "VALIDATION"
    archived = decoded(await api("DELETE", f"projects/{project}"))
    assert archived["status"] == "archived"
    words = [f"projects/{project}/ingest/website", "-f", "url=https://example.com", "--wait"]
    assert refusal(await api(*words), 4)["details"]["reason"] == "PROJECT_ARCHIVED"
    assert refusal(await api("ops/pools"), 4)["code"] == "FORBIDDEN_SCOPE"
    monkeypatch.setenv("TENANTRY_KEY", "lp_live_0000000000000000_" + 43 * "x")
    assert refusal(await api("projects"), 5)["code"] == "UNAUTHENTICATED"


#: Addresses of other hosts: the key is never sent there.
ELSEWHERE = """https://evil.example/v1/projects //evil.example/v1/projects https://api/v1/projects
http://api:81/v1/projects http://api@evil.example/v1 http://user:word@api/v1 http://[""".split()


WRONG_WORDS = [
    *([path] for path in ELSEWHERE),
    ["GET", "POST", "projects"],
    ["G3T", "projects"],
    ["projects", "-f", "name"],
    ["projects", "-F", "file=@nothing.png"],
    ["GET", "projects", "--form", "-f", "a=b"],
    ["projects", "--form", "--input", "-"],
    ["POST", "projects", "--paginate"],
    ["projects", "--paginate", "--wait"],
    ["projects", "-H", "no-colon"],
    ["projects", "-H", "X-A: a\nX-B: b"],
    ["projects", "--input", "nothing.json"],
    ["projects", "-f", "name=a", "--idempotency-key", "ä"],
    ["projects", "-f", "name=a", "--idempotency-key", "a\nX-B: b"],
]


async def test_invalid_words_are_a_usage_error(api: Api) -> None:
    for words in WRONG_WORDS:
        result = await api(*words)
        assert result.exit_code == 2, (words, result.output)
        assert not result.stdout
