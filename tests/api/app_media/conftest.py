"""Fixture: a project with media in a temporary folder."""

from collections.abc import AsyncIterator

import pytest_asyncio
from litestar import Litestar

from db.pool import Pool
from tests.api.app_media.project import AppMediaProject
from tests.api.conftest import calling
from tests.s3.keeping import Kept


@pytest_asyncio.fixture
async def project(app: Litestar, pool: Pool, media_kept: Kept) -> AsyncIterator[AppMediaProject]:
    """Create a project with a tier that allows many uploads."""
    async with calling(app, pool, "Acme", tier="partner") as caller:
        created = await caller.http.post("/v1/projects", json={"name": "Shop", "timezone": "UTC"})
        yield AppMediaProject(caller, created.json()["id"], media_kept)
