"""Storages as a process opens them."""

import pytest

from domain.media.storage import open_store
from domain.media.store import Store
from tests.s3.storages import MediaStorage
from tests.servers import settings_for


@pytest.fixture
def store(media_kept: MediaStorage) -> Store:
    return open_store(settings_for("postgresql://nowhere", "redis://nowhere", **media_kept.settings))
