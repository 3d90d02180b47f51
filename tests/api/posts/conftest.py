"""A project to schedule in."""

from collections.abc import AsyncIterator

import pytest_asyncio

from api.app import serve_from
from db.pool import Pool
from schemas.settings import Settings
from tests import seeds
from tests.api.conftest import built, calling, held
from tests.api.github.place import Clock
from tests.api.posts.place import Place


@pytest_asyncio.fixture
async def place(settings: Settings, pool: Pool) -> AsyncIterator[Place]:
    clock = Clock()
    served = serve_from(built(), settings, clock=clock)
    async with (
        held(served.lifespan()),
        calling(served, pool, "Acme", tier="partner") as acme,
        calling(served, pool, "Rival", tier="partner") as rival,
    ):
        async with pool.acquire() as conn:
            project = await seeds.project(conn, acme.organization_id, timezone="America/New_York")
        yield Place(acme, rival, pool, clock, project)
