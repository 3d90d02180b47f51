"""Where uploads go."""

import pytest_asyncio

from tests.api.conftest import Caller
from tests.api.content.place import Place
from tests.s3.keeping import Kept


@pytest_asyncio.fixture
async def place(acme: Caller, media_kept: Kept) -> Place:
    made = await acme.http.post("/v1/projects", json={"name": "Shop", "timezone": "UTC"})
    return Place(acme, made.json()["id"], media_kept)
