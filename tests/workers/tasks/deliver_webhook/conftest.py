"""Receivers, and endpoints whose deliveries may reach them."""

from collections.abc import AsyncIterator
from uuid import UUID

import msgspec
import pytest_asyncio

from db.pool import Pool
from schemas.settings import Settings
from tests.workers.tasks.deliver_webhook.scene import Scene
from tests.workers.webhooks.receiver import Receiver, receiving, says


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """It takes all, until a test says otherwise."""
    async with receiving(says(200)) as opened:
        yield opened


@pytest_asyncio.fixture
async def other() -> AsyncIterator[Receiver]:
    async with receiving(says(200)) as opened:
        yield opened


@pytest_asyncio.fixture
async def scene(pool: Pool, settings: Settings, org: UUID, receiver: Receiver, other: Receiver) -> Scene:
    await pool.execute("insert into pool (name) values ('deliver') on conflict do nothing")
    allowed = f"{receiver.host},{other.host}"
    return Scene(pool, msgspec.structs.replace(settings, fetch_allow=allowed), org)
