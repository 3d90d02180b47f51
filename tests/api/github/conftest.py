"""Fixtures: an API, and a worker that calls a simulated GitHub."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from db.pool import Pool
from jobs.kinds import CONNECT_GITHUB_KIND, INGEST_GITHUB_KIND, LIST_GITHUB_REPOS_KIND
from schemas.settings import Settings
from tests import github_app
from tests.api.github.connecting import ACME, SHOP, GitHubParticipants
from tests.api.participants import open_participants
from tests.github_app import Installed, SimulatedGitHub
from tests.workers.runtime.workers import at_work
from workers.tasks import connect_github, ingest_github, list_github_repos


@pytest_asyncio.fixture
async def hub() -> AsyncIterator[SimulatedGitHub]:
    async with github_app.serving() as hub:
        hub.installations[ACME] = Installed("Acme-Inc", {"app": True, "Site": False})
        hub.installations[SHOP] = Installed("shop", {"store": True, "secret": True})
        hub.people = {"ada": {SHOP: ["store"], ACME: ["app", "Site"]}, "eve": {SHOP: ["store", "secret"]}}
        yield hub


@pytest.fixture
def local_settings(settings: Settings, hub: SimulatedGitHub) -> Settings:
    return hub.settings(settings)


TASKS = {
    CONNECT_GITHUB_KIND: connect_github.build_job_task_with_resources,
    LIST_GITHUB_REPOS_KIND: list_github_repos.build_job_task_with_resources,
    INGEST_GITHUB_KIND: ingest_github.build_job_task_with_resources,
}


@pytest_asyncio.fixture
async def github_without_worker(
    local_settings: Settings, hub: SimulatedGitHub, pool: Pool
) -> AsyncIterator[GitHubParticipants]:
    """Open the API without a worker."""
    async with open_participants(local_settings, pool) as participants:
        yield GitHubParticipants(**vars(participants), hub=hub, codes=(f"code-{number}" for number in range(1000)))


@pytest_asyncio.fixture
async def github(
    github_without_worker: GitHubParticipants, local_settings: Settings, pool: Pool
) -> AsyncIterator[GitHubParticipants]:
    async with at_work(local_settings, pool, TASKS):
        yield github_without_worker
