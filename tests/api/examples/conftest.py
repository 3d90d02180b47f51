"""Fixtures: a sandbox with workers for all kinds, and the servers that the story's live organization uses."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import msgspec
import pytest
import pytest_asyncio

from db.pool import Pool
from schemas.settings import Settings
from tests import github_app
from tests.api.conftest import EVERYTHING, open_caller
from tests.api.examples.story import StoryCast
from tests.api.github.connecting import ACME
from tests.api.participants import ORIGIN, open_participants
from tests.github_app import Installed, SimulatedGitHub
from tests.social_servers import Fediverse
from tests.workers.runtime.workers import at_work
from workers.tasks import SORTED_WORKER_POOL_NAMES, TASK_OPENER_BY_KIND


@pytest_asyncio.fixture
async def hub() -> AsyncIterator[SimulatedGitHub]:
    async with github_app.serving() as hub:
        hub.installations[ACME] = Installed("tidewise", {"app": True, "site": False})
        hub.people = {"ada": {ACME: ["app", "site"]}}
        yield hub


@pytest.fixture
def local_settings(settings: Settings, hub: SimulatedGitHub, fediverse: Fediverse) -> Settings:
    asked = hub.settings(settings)
    return msgspec.structs.replace(asked, fetch_allow=f"{asked.fetch_allow},{fediverse.host}".strip(","))


@pytest_asyncio.fixture
async def cast(
    local_settings: Settings, hub: SimulatedGitHub, fediverse: Fediverse, pool: Pool
) -> AsyncIterator[StoryCast]:
    async with AsyncExitStack() as stack:
        participants = await stack.enter_async_context(open_participants(local_settings, pool))
        sandbox = open_caller(participants.app, pool, "Acme", env="test", tier="partner")
        operator = open_caller(participants.app, pool, "Platform", env="test", scopes=EVERYTHING)
        live = open_caller(participants.app, pool, "Operators", scopes=EVERYTHING)
        acme, platform, operators = [await stack.enter_async_context(one) for one in (sandbox, operator, live)]
        await pool.execute("update api_key set return_origins = $1", [ORIGIN])
        for name in SORTED_WORKER_POOL_NAMES:
            tasks = {kind: opener for kind, opener in TASK_OPENER_BY_KIND.items() if kind.pool == name}
            await stack.enter_async_context(at_work(local_settings, pool, tasks))
        yield StoryCast(
            acme.http,
            platform.http,
            operators.http,
            participants.acme.http,
            participants.browser,
            acme.organization_id,
            pool,
            hub,
            fediverse,
        )
