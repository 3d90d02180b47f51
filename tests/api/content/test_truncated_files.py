"""A file that is truncated in the storage never looks whole: the connection breaks instead."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from schemas.settings import Settings
from tests import media
from tests.api.content.project import UploadProject, film
from tests.api_process import serving
from tests.s3.service import Service
from tests.s3.storages import ALL_STORAGES, BucketStorage, MediaStorage
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.timing

CONTENT = media.film(frames=700_000)


@pytest_asyncio.fixture
async def client(settings: Settings, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a production server, since the test checks what the server does to the connection."""
    with serving(settings, tmp_path / "api.log") as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=PATIENCE_S) as opened:
            yield opened


@pytest_asyncio.fixture
async def path(project: UploadProject, settings: Settings) -> str:
    item = await project.made(film(CONTENT))
    url: str = item["assets"][0]["url"]
    return url.removeprefix(settings.public_url)


@ALL_STORAGES
async def test_a_file_that_breaks_off_or_has_become_shorter(
    media_kept: MediaStorage, client: httpx.AsyncClient, path: str, tmp_path: Path
) -> None:
    if isinstance(media_kept, BucketStorage) and isinstance(media_kept.keeper, Service):
        media_kept.service.fail("get", "cut")
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(path)
        media_kept.service.clear_failures()
    assert (await client.get(path)).content == CONTENT
    [name] = media_kept.names()
    media_kept.shorten(name)
    with pytest.raises(httpx.RemoteProtocolError):
        await client.get(path)
    part = await client.get(path, headers={"Range": "bytes=0-99"})
    assert (part.status_code, part.content) == (206, CONTENT[:100])
    assert name not in (tmp_path / "api.log").read_text()
