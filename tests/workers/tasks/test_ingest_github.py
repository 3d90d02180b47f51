"""The GitHub ingest's job, from submit to the end of its subject."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
import pytest_asyncio

from db.pool import transact
from domain.brand import ingests
from domain.projects import projects
from domain.tenancy import organizations
from jobs.kinds import INGEST_GITHUB
from schemas.brand import BrandContext
from tests import seeds
from tests.workers.ingest.github.github_server import GitHub, Repo, github, told
from tests.workers.runtime.workers import Workers
from workers.tasks import open_tasks

README = b"# Zap\n\nZap draws what you say, on every device you own, while you say it.\n"
FILES = {"README.md": README, "package.json": b'{"name": "zap", "description": "Draw what you say"}'}


@pytest_asyncio.fixture
async def project_id(workers: Workers) -> UUID:
    async with workers.pool.acquire() as conn:
        return await seeds.project(conn, workers.org)


@asynccontextmanager
async def at_work(workers: Workers, served: GitHub | None = None, **settings: Any) -> AsyncIterator[None]:
    base = served.base if served else "http://127.0.0.1:1"
    mine = msgspec.structs.replace(workers.settings, github_api_url=base, **settings)
    async with open_tasks(mine, "ingest") as tasks, workers.working(tasks[INGEST_GITHUB], kind=INGEST_GITHUB):
        yield


async def start(workers: Workers, org: UUID, project_id: UUID, repo: str = "acme/zap") -> UUID:
    submitted = await transact(
        workers.pool,
        lambda conn: ingests.start_github(
            conn, organization_id=org, project_id=project_id, repo=repo, branch=None
        ),
    )
    return submitted.job_id


async def ingested(workers: Workers, project_id: UUID) -> asyncpg.Record:
    return await workers.ended(await start(workers, workers.org, project_id))


async def brand(workers: Workers, project_id: UUID) -> BrandContext:
    async with workers.pool.acquire() as conn:
        project, _ = await projects.get(conn, organization_id=workers.org, project_id=project_id)
    assert project.brand_context is not None
    return project.brand_context


async def test_an_ingest_writes_what_the_repository_says(workers: Workers, project_id: UUID) -> None:
    async with github(Repo("acme/zap", files=FILES)) as served, at_work(workers, served):
        row = await ingested(workers, project_id)
    assert (row["state"], row["error"]) == ("completed", None)
    assert (row["result"]["source"], row["result"]["url"]) == ("github", "https://github.com/acme/zap")
    known = await brand(workers, project_id)
    assert (known.app_name, known.app_description) == ("Zap", "Draw what you say")
    assert known.provenance["appDescription"].source == "github"
    assert known.provenance["appDescription"].rule == "package.json.description"
    assert known.provenance["appDescription"].url == "https://github.com/acme/zap/blob/main/package.json"


async def test_the_same_again_says_that_nothing_changed_and_keeps_all(
    workers: Workers, project_id: UUID
) -> None:
    async with github(Repo("acme/zap", files=FILES)) as served, at_work(workers, served):
        first = await ingested(workers, project_id)
        asked = len(served.asked)
        again = await ingested(workers, project_id)
    assert len(served.asked) == asked + 2
    assert again["result"]["fields"] == first["result"]["fields"]
    assert again["result"]["changed"] == []
    assert again["result"]["warnings"] == ["unchanged: the repository is as the last ingest read it"]
    assert (await brand(workers, project_id)).app_name == "Zap"


async def test_a_renamed_repository_is_the_same_one(workers: Workers, project_id: UUID) -> None:
    repo = Repo("acme/zap", files=FILES)
    async with github(repo) as served, at_work(workers, served):
        await ingested(workers, project_id)
        repo.full_name = "acme/zapper"
        row = await ingested(workers, project_id)
    assert row["result"]["warnings"] == ["repo_renamed: acme/zap is now acme/zapper"]
    assert row["result"]["url"] == "https://github.com/acme/zapper"


async def test_a_limit_puts_the_job_to_sleep_until_its_end_and_costs_no_attempt(
    workers: Workers, project_id: UUID
) -> None:
    """The reset is 30 minutes after the server's Date, whatever our own clock says."""
    limit = told({}, status=403, x_ratelimit_remaining="0", x_ratelimit_reset="1795523400")
    async with github(Repo("acme/zap", files=FILES)) as served, at_work(workers, served):
        served.answers["/repos/acme/zap/readme"] = limit
        job_id = await start(workers, workers.org, project_id)
        row = await workers.becomes(job_id, "state = 'queued' and run_at > now() + interval '5 min'")
        assert await workers.attempts(job_id) == ["snoozed"]
        assert row["attempt"] == 0
        wait = await workers.pool.fetchval(
            "select extract(epoch from run_at - now()) from job where id = $1", job_id
        )
        assert 1790 < wait <= 1800
        served.answers.clear()
        await workers.pool.execute("update job set run_at = now(), stage = 'queued' where id = $1", job_id)
        row = await workers.ended(job_id)
    assert (row["state"], row["attempt"]) == ("completed", 1)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (told({}, status=404), "SOURCE_NOT_FOUND"),
        (told({}, status=403), "SOURCE_FORBIDDEN"),
        (told({}, status=451), "SOURCE_FORBIDDEN"),
        (told({}, status=409), "SCRAPE_FAILED"),
        (told({}, status=302, location="http://169.254.169.254/"), "FETCH_BLOCKED"),
        (told({"id": "x" * (1 << 20)}), "TOO_LARGE"),
    ],
)
async def test_what_cannot_be_read_fails_with_its_code_at_once(
    workers: Workers, project_id: UUID, answer: bytes, code: str
) -> None:
    async with github(answers={"/repos/acme/zap": answer}) as served, at_work(workers, served):
        row = await ingested(workers, project_id)
    assert (row["state"], row["error"]["code"], row["attempt"]) == ("failed", code, 1)


async def test_the_servers_own_token_raises_the_limit_and_opens_nothing(
    workers: Workers, project_id: UUID
) -> None:
    repo = Repo("acme/zap", files=FILES, about={"private": True, "visibility": "private"})
    async with github(repo) as served, at_work(workers, served, github_token="ghp_server"):
        row = await ingested(workers, project_id)
    assert row["error"]["code"] == "SOURCE_NOT_FOUND"
    assert [headers["authorization"] for _, headers in served.asked] == ["Bearer ghp_server"]


@pytest.mark.parametrize(
    ("repo", "code"),
    [
        ("example/ok", None),
        ("acme/zap", None),
        ("example/missing", "SOURCE_NOT_FOUND"),
        ("example/empty", "SCRAPE_FAILED"),
    ],
)
async def test_a_sandbox_reads_fakes(workers: Workers, repo: str, code: str | None) -> None:
    async with workers.pool.acquire() as conn:
        sandbox = (await organizations.create(conn, name="Acme", tier="partner")).sandbox
        project_id = await seeds.project(conn, sandbox)
    async with at_work(workers):
        row = await workers.ended(await start(workers, sandbox, project_id, repo))
    assert row["error"] is None if code is None else row["error"]["code"] == code
