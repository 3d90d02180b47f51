"""Receivers, and endpoints with access to them."""

from collections.abc import AsyncIterator
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio

from db.pool import Pool
from domain.webhooks import retries
from schemas.settings import Settings
from tests.workers.tasks.deliver_webhook.scene import DeliveryScene
from tests.workers.webhooks.receiver import WebhookReceiver, receiving, says
from workers.tasks import deliver_webhook


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disable retries and the end of a time slice, on a slow machine too, until a test triggers them."""
    monkeypatch.setattr(
        retries, "WEBHOOK_RETRY_WAITS_S", tuple(max(wait, 600) for wait in retries.WEBHOOK_RETRY_WAITS_S)
    )
    monkeypatch.setattr(deliver_webhook, "WEBHOOK_DELIVERY_TIME_SLICE_S", 600.0)


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    """Start a receiver that accepts all, until a test changes it."""
    async with receiving(says(200)) as opened:
        yield opened


@pytest_asyncio.fixture
async def other() -> AsyncIterator[WebhookReceiver]:
    async with receiving(says(200)) as opened:
        yield opened


@pytest_asyncio.fixture
async def scene(
    pool: Pool, settings: Settings, org: UUID, receiver: WebhookReceiver, other: WebhookReceiver
) -> DeliveryScene:
    await pool.execute("insert into pool (name) values ('deliver') on conflict do nothing")
    allowed = f"{receiver.host},{other.host}"
    return DeliveryScene(pool, msgspec.structs.replace(settings, fetch_allow=allowed), org)
