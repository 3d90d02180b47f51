"""A project, and one of a sandbox; and a storage in a folder."""

from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from domain.media.storage import open_media_store
from domain.media.store import MediaStore
from tests.workers.runtime.workers import Workers
from tests.workers.tasks.project import IngestProject, create


@pytest_asyncio.fixture
async def project(workers: Workers) -> IngestProject:
    return await create(workers)


@pytest_asyncio.fixture
async def sandbox(workers: Workers) -> IngestProject:
    return await create(workers, sandbox=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "media"


@pytest.fixture
def store(project: IngestProject, folder: Path) -> MediaStore:
    return open_media_store(msgspec.structs.replace(project.workers.settings, assets_url=str(folder)))
