"""Storages as a process opens them."""

import pytest

from domain.media.storage import open_media_store
from domain.media.store import MediaStore
from tests.s3.storages import MediaStorage
from tests.servers import settings_for


@pytest.fixture
def store(media_kept: MediaStorage) -> MediaStore:
    return open_media_store(settings_for("postgresql://nowhere", "redis://nowhere", **media_kept.settings))
