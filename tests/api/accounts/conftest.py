"""Fixtures: an API, and a worker that calls simulated servers."""

from collections.abc import AsyncIterator

import msgspec
import pytest
import pytest_asyncio

from db.pool import Pool
from jobs.kinds import CONNECT_ACCOUNT_KIND, REFRESH_TOKEN_KIND, REGISTER_OAUTH_CLIENT_KIND
from schemas.settings import Settings
from tests import social_servers
from tests.api.accounts.project import ConnectingProject
from tests.api.participants import new_project, open_participants
from tests.social_servers import Fediverse, LoopbackPds
from tests.workers.runtime.workers import at_work
from workers.tasks import connect_account, refresh_token, register_app


@pytest_asyncio.fixture
async def pds() -> AsyncIterator[LoopbackPds]:
    async with social_servers.pds() as server:
        yield server


@pytest.fixture
def local_settings(settings: Settings, fediverse: Fediverse, pds: LoopbackPds) -> Settings:
    return msgspec.structs.replace(settings, fetch_allow=f"{fediverse.host},{pds.host}")


TASKS = {
    CONNECT_ACCOUNT_KIND: connect_account.build_job_task_with_resources,
    REGISTER_OAUTH_CLIENT_KIND: register_app.build_job_task_with_resources,
    REFRESH_TOKEN_KIND: refresh_token.build_job_task_with_resources,
}


@pytest_asyncio.fixture
async def project_without_worker(
    local_settings: Settings, fediverse: Fediverse, pds: LoopbackPds, pool: Pool
) -> AsyncIterator[ConnectingProject]:
    """Open the API without a worker."""
    async with open_participants(local_settings, pool) as participants:
        project = await new_project(participants.acme)
        yield ConnectingProject(**vars(participants), fediverse=fediverse, pds=pds, id=project)


@pytest_asyncio.fixture
async def project(
    project_without_worker: ConnectingProject, local_settings: Settings, pool: Pool
) -> AsyncIterator[ConnectingProject]:
    async with at_work(local_settings, pool, TASKS):
        yield project_without_worker
