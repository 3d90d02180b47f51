"""A slow GitHub: connecting and listing wait for a slot there, as ingests do."""

from functools import partial

import pytest

from api.http import oauth_return
from api.routes import github as route
from jobs.kinds import CONNECT_GITHUB_KIND, LIST_GITHUB_REPOS_KIND
from schemas.errors import NoFreeServerSlot
from tests import seeds
from tests.api.github.connecting import GitHubParticipants
from tests.domain.publishing import post_scene
from workers.ingest.github.client import GITHUB_SERVER_NAME_FOR_SLOTS
from workers.runtime import server_slots
from workers.runtime.server_slots import RemoteServerSlots
from workers.runtime.slots import WorkerSlots
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
                await task(post_scene.context(github_without_worker.pool, claim, servers), app=None)
    assert github_without_worker.hub.asked == []
