"""Where uploads go."""

from pathlib import Path

import pytest_asyncio

from schemas.settings import Settings
from tests.api.conftest import Caller
from tests.api.content.place import Place


@pytest_asyncio.fixture
async def place(acme: Caller, settings: Settings) -> Place:
    made = await acme.http.post("/v1/projects", json={"name": "Shop", "timezone": "UTC"})
    return Place(acme, made.json()["id"], Path(settings.assets_url.removeprefix("file://")))
