"""Fixture: a project for uploads."""

import pytest_asyncio

from tests.api.conftest import ApiCaller
from tests.api.content.project import UploadProject
from tests.s3.storages import MediaStorage


@pytest_asyncio.fixture
async def project(acme: ApiCaller, media_kept: MediaStorage) -> UploadProject:
    created = await acme.http.post("/v1/projects", json={"name": "Shop", "timezone": "UTC"})
    return UploadProject(acme, created.json()["id"], media_kept)
