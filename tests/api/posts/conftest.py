"""A project to schedule in."""

from collections.abc import AsyncIterator

import pytest_asyncio

from api.app import serve_from
from db.pool import Pool
from schemas.settings import Settings
from tests import seeds
from tests.api.conftest import built, calling, held
from tests.api.github.connecting import Clock
from tests.api.posts.project import Project


@pytest_asyncio.fixture
async def project(settings: Settings, pool: Pool) -> AsyncIterator[Project]:
    clock = Clock()
    served = serve_from(built(), settings, clock=clock)
    async with (
        held(served.lifespan()),
        calling(served, pool, "Acme", tier="partner") as acme,
        calling(served, pool, "Rival", tier="partner") as rival,
    ):
        async with pool.acquire() as conn:
            project = await seeds.project(conn, acme.organization_id, timezone="America/New_York")
        yield Project(acme, rival, pool, clock, project)
