"""Fixture: a project with media in a temporary folder."""

from collections.abc import AsyncIterator

import pytest_asyncio
from litestar import Litestar

from db.pool import Pool
from tests.api.app_media.project import AppMediaProject
from tests.api.conftest import open_caller
from tests.s3.storages import MediaStorage


@pytest_asyncio.fixture
async def project(app: Litestar, pool: Pool, media_kept: MediaStorage) -> AsyncIterator[AppMediaProject]:
    """Create a project with a tier that allows many uploads."""
    async with open_caller(app, pool, "Acme", tier="partner") as caller:
        created = await caller.http.post("/v1/projects", json={"name": "Shop", "timezone": "UTC"})
        yield AppMediaProject(caller, created.json()["id"], media_kept)
