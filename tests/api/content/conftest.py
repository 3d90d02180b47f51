"""Fixture: a project for uploads."""

import pytest_asyncio

from tests.api.conftest import Caller
from tests.api.content.project import UploadProject
from tests.s3.keeping import Kept


@pytest_asyncio.fixture
async def project(acme: Caller, media_kept: Kept) -> UploadProject:
    created = await acme.http.post("/v1/projects", json={"name": "Shop", "timezone": "UTC"})
    return UploadProject(acme, created.json()["id"], media_kept)
