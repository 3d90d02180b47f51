"""The repositories of an installation, and its removal."""

import asyncio
from typing import Any

import pytest

from api.routes import github as route
from db.pool import Pool
from domain.brand import github_installations
from domain.jobs import jobs
from jobs.kinds import LIST_GITHUB_REPOS_KIND
from schemas.settings import Settings
from tests import seeds
from tests.api.conftest import ApiCaller, read_answer
from tests.api.github.conftest import TASKS
from tests.api.github.connecting import ACME, SHOP, GitHubParticipants
from tests.api.participants import new_project
from tests.jobs import scene
from tests.waiting import eventually
from tests.workers.runtime.workers import at_work


async def test_repositories_are_listed_when_the_list_is_old(github: GitHubParticipants) -> None:
    github.hub.page_size = 1
    await github.connect()
    first = (await github.acme.http.get("/v1/github/repos")).json()
    assert first["repositories"] == [
        {"id": 4200, "fullName": "Acme-Inc/app", "private": True},
        {"id": 4201, "fullName": "Acme-Inc/Site", "private": False},
    ]
    github.hub.installations[ACME].repositories["zoo"] = True
    github.hub.installations[ACME].login = "Acme-GmbH"
    assert (await github.acme.http.get("/v1/github/repos")).json() == first
    await github.pool.execute("update github_installation set listed_at = listed_at - interval '61 s'")
    answers = await asyncio.gather(*(github.acme.http.get("/v1/github/repos") for _ in range(10)))
    assert {len(answer.json()["repositories"]) for answer in answers} == {3}
    assert len(await github.jobs("list_github_repos")) == 2
    assert (await github.acme.http.get("/v1/jobs")).json()["items"][0]["kind"] == "connect_github"
    shown = (await github.acme.http.get("/v1/github/installation")).json()
    assert shown["accountLogin"] == "Acme-GmbH"


async def test_list_refreshed_meanwhile_is_not_requested_again(
    github_without_worker: GitHubParticipants, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its job ends before it writes the list, and doesn't wait for readers."""
    monkeypatch.setattr(route, "MAX_REPO_LIST_WAIT_S", 0.0)
    await github_without_worker.insert_installation()
    await github_without_worker.acme.http.get("/v1/github/repos")
    async with github_without_worker.pool.acquire() as observer:
        [claim] = await seeds.claims(observer, LIST_GITHUB_REPOS_KIND)
        async with github_without_worker.pool.acquire() as listing, listing.transaction():
            await listing.execute("set local lock_timeout = '300ms'")
            await jobs.complete_job_and_subject(listing, claim=claim)
            tasks = asyncio.create_task(github_without_worker.acme.http.get("/v1/github/repos"))

            async def held_or_done() -> bool:
                return tasks.done() or await scene.waits_for_lock(observer)

            await eventually(held_or_done)
            await github_installations.store_github_repos(listing, claim=claim, repositories=[])
        assert (await tasks).json()["asOf"] is not None
    assert len(await github_without_worker.jobs("list_github_repos")) == 1


async def test_slow_list_is_not_awaited(
    github_without_worker: GitHubParticipants, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(route, "MAX_REPO_LIST_WAIT_S", 0.2)
    await github_without_worker.insert_installation()
    answer = await github_without_worker.acme.http.get("/v1/github/repos")
    assert (answer.status_code, answer.json()) == (200, {"asOf": None, "repositories": []})


async def ingest_outcome(
    github: GitHubParticipants, caller: ApiCaller, name: str = "Acme-Inc/app"
) -> tuple[str, str | None]:
    """Run an ingest of this repository, and return its status and error code."""
    job = await run_ingest(caller, await new_project(caller), name)
    return job["status"], job["error"] and job["error"]["code"]


async def run_ingest(caller: ApiCaller, project: str, name: str) -> dict[str, Any]:
    """Run an ingest, and return the ended job."""
    started = await caller.http.post(f"/v1/projects/{project}/ingest/github", json={"repoFullName": name})
    return read_answer(await caller.http.get(started.json()["locationUrl"], params={"wait": 30}))


async def test_private_repository_needs_the_verified_installation(github: GitHubParticipants) -> None:
    absent = ("failed", "SOURCE_NOT_FOUND")
    assert await ingest_outcome(github, github.acme) == absent
    await github.connect()
    assert await ingest_outcome(github, github.acme) == ("completed", None)
    assert await ingest_outcome(github, github.acme, "shop/store") == absent
    assert await ingest_outcome(github, github.rival) == absent
    await github.acme.http.delete("/v1/github/installation")
    assert await ingest_outcome(github, github.acme) == absent


RENAMED = "repo_renamed: Acme-Inc/app is now Acme-Inc/anew"
UNCHANGED = "unchanged: the repository is as the last ingest read it"


async def test_a_rename_between_two_ingests_is_followed_and_then_nothing_is_new(
    github_without_worker: GitHubParticipants, local_settings: Settings, pool: Pool
) -> None:
    """Each ingest has a new worker, without a cached token."""
    results: list[dict[str, Any]] = []
    project = await new_project(github_without_worker.acme)
    for new in (None, "anew", None):
        if new:
            github_without_worker.hub.installations[ACME].rename("app", new)
        async with at_work(local_settings, pool, TASKS):
            if not results:
                await github_without_worker.connect()
            results.append((await run_ingest(github_without_worker.acme, project, "Acme-Inc/app"))["result"])
    assert [RENAMED in result["warnings"] for result in results] == [False, True, True]
    assert [UNCHANGED in result["warnings"] for result in results] == [False, False, True]
    assert [result["url"].removeprefix(github_without_worker.hub.url) for result in results] == [
        "/Acme-Inc/app",
        "/Acme-Inc/anew",
        "/Acme-Inc/anew",
    ]


async def test_old_name_of_another_account_is_not_found(github: GitHubParticipants) -> None:
    await github.connect()
    github.hub.installations[SHOP].rename("store", "market")
    absent = ("failed", "SOURCE_NOT_FOUND")
    assert await ingest_outcome(github, github.acme, "shop/store") == absent
    assert await ingest_outcome(github, github.acme, "Acme-Inc/store") == absent
    assert await ingest_outcome(github, github.rival, "shop/store") == absent


async def test_an_installation_that_is_gone_is_forgotten(github: GitHubParticipants) -> None:
    await github.connect()
    del github.hub.installations[ACME]
    await github.pool.execute("update github_installation set installation_id = 43")
    for path in ("repos", "installation"):
        answer = await github.acme.http.get(f"/v1/github/{path}")
        assert answer.status_code == 404
        assert "install-url" in answer.json()["error"]["message"]
    entries = (await github.acme.http.get("/v1/audit-log")).json()["items"]
    assert entries[0]["action"] == "github_installation.uninstalled"


async def test_a_delete_forgets_it_and_a_new_one_takes_its_place(github: GitHubParticipants) -> None:
    await github.connect()
    await github.acme.http.get("/v1/github/repos")
    del github.hub.people["ada"][SHOP]
    github.hub.people["ada"][SHOP] = ["store", "secret"]
    assert await github.connect(installation_id=SHOP) == "connected"
    names = [repo["fullName"] for repo in (await github.acme.http.get("/v1/github/repos")).json()["repositories"]]
    assert names == ["shop/secret", "shop/store"]
    gone = await github.acme.http.delete("/v1/github/installation")
    assert gone.json() == {"installationId": SHOP, "accountLogin": "shop", "disconnected": True}
    assert (await github.acme.http.delete("/v1/github/installation")).status_code == 404
    entries = (await github.acme.http.get("/v1/audit-log")).json()["items"]
    assert entries[0]["action"] == "github_installation.disconnected"
