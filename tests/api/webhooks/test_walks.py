"""From an action to the receiver, with the product's own workers: each event type once.

The story of `tests/api/examples` covers the other types: it fails if a type is in neither.
"""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from litestar import Litestar
from standardwebhooks import Webhook

from db.pool import Pool
from domain.webhooks.delivery_jobs import FIND_ENDPOINTS_WITH_NEW_DELIVERIES, WebhookEndpointRoundRobin
from jobs.courier import open_redis_wake_courier
from schemas import ids
from schemas.settings import Settings
from schemas.webhooks import WebhookEventType
from tests import seeds
from tests.api.conftest import ApiCaller, open_caller
from tests.domain.webhooks.walks import WALKS, Walker
from tests.waiting import eventually
from tests.workers.runtime.workers import at_work
from tests.workers.webhooks.receiver import WebhookReceiver, receiving, says
from workers.tasks import TASK_OPENER_BY_KIND

POOLS = ("publish", "ingest", "deliver", "default")
HOWTO = Path(__file__).parents[3] / "docs" / "howto" / "webhooks.md"


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    async with receiving(says(200)) as opened:
        yield opened


@pytest_asyncio.fixture
async def gone() -> AsyncIterator[WebhookReceiver]:
    async with receiving(says(410)) as opened:
        yield opened


@pytest.fixture
def settings(settings: Settings, receiver: WebhookReceiver, gone: WebhookReceiver) -> Settings:
    return msgspec.structs.replace(settings, fetch_allow=f"{receiver.host},{gone.host}")


@pytest_asyncio.fixture
async def sandbox(app: Litestar, pool: Pool, settings: Settings) -> AsyncIterator[ApiCaller]:
    """A sandbox with workers for all jobs of a walk."""
    async with AsyncExitStack() as stack:
        caller = await stack.enter_async_context(open_caller(app, pool, "Acme", env="test"))
        for name in POOLS:
            tasks = {kind: opener for kind, opener in TASK_OPENER_BY_KIND.items() if kind.pool == name}
            await stack.enter_async_context(at_work(settings, pool, tasks))
        yield caller


@pytest_asyncio.fixture
async def walker(sandbox: ApiCaller, pool: Pool, gone: WebhookReceiver) -> Walker:
    async with pool.acquire() as conn:
        project_id = await seeds.project(conn, sandbox.organization_id)

    async def connect(handle: str, *, platform: str) -> str:
        async with pool.acquire() as conn:
            account_id = await seeds.account(
                conn, sandbox.organization_id, project_id, handle=handle, platform=platform
            )
        return ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, account_id)

    return Walker(sandbox.http, ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, project_id), connect, gone.url)


@pytest.mark.parametrize("kind", WALKS)
async def test_each_event_reaches_its_receiver_once(
    walker: Walker, pool: Pool, settings: Settings, receiver: WebhookReceiver, kind: WebhookEventType
) -> None:
    body = {"url": receiver.url, "events": ["*"]}
    secret = (await walker.ask("webhook-endpoints", json=body))["signingSecret"]
    await WALKS[kind](walker)
    await poll_until(pool, settings, lambda: kind in received_types(receiver))
    # All other events so far have arrived, too.
    ended = "select not exists (select from webhook_delivery where status in ('pending', 'delivering'))"
    await poll_until(pool, settings, lambda: pool.fetchval(ended))
    assert received_types(receiver).count(kind) == 1
    assert {*receiver.times.values()} == {1}
    [asked] = [asked for asked in receiver.asked if asked.json["type"] == kind]
    sent = Webhook(secret).verify(asked.body, asked.headers)
    example = msgspec.json.decode(re.findall(r"```json\n(.+?)```", HOWTO.read_text(), re.DOTALL)[0])
    assert (sent.keys(), sent["data"].keys()) == (example.keys(), example["data"].keys())
    answer = await walker.http.get(sent["data"]["objectUrl"])
    assert sent["data"]["object"] == answer.json()


def received_types(receiver: WebhookReceiver) -> list[str]:
    return [asked.json["type"] for asked in receiver.asked]


async def poll_until(pool: Pool, settings: Settings, has_come: Any) -> None:
    """Poll as the dispatcher does, until it has come."""
    look = WebhookEndpointRoundRobin(FIND_ENDPOINTS_WITH_NEW_DELIVERIES)
    async with open_redis_wake_courier(settings.redis_url) as courier:

        async def came() -> bool:
            async with pool.acquire() as conn:
                _, wakes = await look.submit_jobs_of_next_endpoints(conn)
            for wake in wakes:
                await courier.send_or_queue_wake(wake)
            found = has_come()
            return bool(found if isinstance(found, bool) else await found)

        await eventually(came)
