"""The GitHub ingest's job, from submit to the end of its subject."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg

from jobs.kinds import INGEST_GITHUB_KIND
from tests.workers.ingest.github.github_server import GitHub, Repo, json_response, serve_github
from tests.workers.tasks.project import IngestProject

README = b"# Zap\n\nZap draws what you say, on every device you own, while you say it.\n"
FILES = {"README.md": README, "package.json": b'{"name": "zap", "description": "Draw what you say"}'}


@asynccontextmanager
async def at_work(project: IngestProject, served: GitHub, **settings: Any) -> AsyncIterator[None]:
    async with project.at_work(INGEST_GITHUB_KIND, github_api_url=served.base, **settings):
        yield


async def ingested(project: IngestProject, repo: str = "acme/zap") -> asyncpg.Record:
    return await project.ingested(INGEST_GITHUB_KIND, repo=repo, branch=None)


async def test_an_ingest_stores_the_repositorys_brand(project: IngestProject) -> None:
    async with serve_github(Repo("acme/zap", files=FILES)) as served, at_work(project, served):
        row = await ingested(project)
    assert (row["state"], row["error"]) == ("completed", None)
    assert (row["result"]["source"], row["result"]["url"]) == ("github", "https://github.com/acme/zap")
    known = await project.brand()
    assert (known.app_name, known.app_description) == ("Zap", "Draw what you say")
    assert known.provenance["appDescription"].source == "github"
    assert known.provenance["appDescription"].rule == "package.json.description"
    assert known.provenance["appDescription"].url == "https://github.com/acme/zap/blob/main/package.json"


async def test_a_rate_limit_snoozes_the_job_until_its_reset_and_costs_no_attempt(project: IngestProject) -> None:
    """The reset is 30 minutes after the server's Date, for any local clock."""
    limit = json_response({}, status=403, x_ratelimit_remaining="0", x_ratelimit_reset="1795523400")
    pool, clock = project.workers.pool, "select clock_timestamp()"
    async with serve_github(Repo("acme/zap", files=FILES)) as served, at_work(project, served):
        served.answers["/repos/acme/zap/readme"] = limit
        before = await pool.fetchval(clock)
        job_id = await project.start(INGEST_GITHUB_KIND, repo="acme/zap", branch=None)
        row = await project.workers.becomes(job_id, "state = 'queued' and run_at > now() + interval '5 min'")
        assert await project.workers.attempts(job_id) == ["snoozed"]
        assert row["attempt"] == 0
        assert before <= row["run_at"] - timedelta(minutes=30) <= await pool.fetchval(clock)
        served.answers.clear()
        await project.workers.pool.execute("update job set run_at = now(), stage = 'queued'")
        row = await project.workers.ended(job_id)
    assert (row["state"], row["attempt"]) == ("completed", 1)


async def test_the_operators_token_raises_the_limit_and_grants_no_access(project: IngestProject) -> None:
    repo = Repo("acme/zap", files=FILES, about={"private": True, "visibility": "private"})
    async with serve_github(repo) as served, at_work(project, served, github_token="ghp_server"):
        row = await ingested(project)
    assert row["error"]["code"] == "SOURCE_NOT_FOUND"
    assert [headers["authorization"] for _, headers in served.asked] == ["Bearer ghp_server"]
