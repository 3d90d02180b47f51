"""A slow GitHub: connecting and listing wait for a slot there, as ingests do."""

import asyncio
from functools import partial

import pytest

from api.http import oauth_return
from api.routes import github as route
from db.pool import Pool
from jobs.kinds import CONNECT_GITHUB_KIND, LIST_GITHUB_REPOS_KIND
from jobs.ledger import JobClaim
from schemas.errors import NoFreeServerSlot
from tests import seeds
from tests.api.github.connecting import GitHubParticipants
from workers.ingest.github.client import GITHUB_SERVER_NAME_FOR_SLOTS
from workers.runtime import server_slots
from workers.runtime.context import TaskContext
from workers.runtime.progress import ProgressWriter
from workers.runtime.server_slots import RemoteServerSlots
from workers.runtime.slots import JobAttempt, WorkerSlots
from workers.tasks.connect_github import connect_github
from workers.tasks.list_github_repos import fetch_github_repo_list


async def test_busy_github_gets_no_request(
    github_without_worker: GitHubParticipants, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_slots, "MAX_REMOTE_SERVER_SLOT_WAIT_S", 0.0)
    monkeypatch.setattr(oauth_return, "MAX_OAUTH_CALLBACK_WAIT_S", 0.0)
    monkeypatch.setattr(route, "MAX_REPO_LIST_WAIT_S", 0.0)
    await github_without_worker.insert_installation()
    await github_without_worker.acme.http.get("/v1/github/repos")
    assert await github_without_worker.connect() == "pending"
    servers = RemoteServerSlots(WorkerSlots(1))
    connect = partial(connect_github, keyring=github_without_worker.app.state.services.vault)
    async with (
        github_without_worker.pool.acquire() as conn,
        servers.hold_server_slot(GITHUB_SERVER_NAME_FOR_SLOTS, tenant=github_without_worker.rival.organization_id),
    ):
        for kind, task in ((CONNECT_GITHUB_KIND, connect), (LIST_GITHUB_REPOS_KIND, fetch_github_repo_list)):
            [claim] = await seeds.claims(conn, kind)
            with pytest.raises(NoFreeServerSlot):
                await task(build_context(github_without_worker.pool, claim, servers), app=None)
    assert github_without_worker.hub.asked == []


def build_context(pool: Pool, claim: JobClaim, servers: RemoteServerSlots) -> TaskContext:
    attempt = JobAttempt(claim, asyncio.get_running_loop().time() + 60)
    return TaskContext(attempt, pool, ProgressWriter(pool), lambda: 15.0, servers)
