"""Any number of hanging receivers leave slots of their worker to others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from jobs.kinds import DELIVER_WEBHOOK
from tests.waiting import eventually
from tests.workers.runtime.workers import at_work
from tests.workers.tasks.deliver_webhook.scene import DeliveryScene
from tests.workers.webhooks.receiver import WebhookReceiver, says
from workers.tasks import OPENERS


@asynccontextmanager
async def hanging(receiver: WebhookReceiver) -> AsyncIterator[None]:
    """Let the receiver respond only after the block has ended."""
    over = asyncio.Event()

    async def hangs(*given: asyncio.StreamReader | asyncio.StreamWriter) -> None:
        await over.wait()
        await says(200)(*given)  # type: ignore[arg-type]

    receiver.behave = hangs
    try:
        yield
    finally:
        over.set()


async def test_hanging_receivers_delay_no_other(
    scene: DeliveryScene, receiver: WebhookReceiver, other: WebhookReceiver
) -> None:
    hangers = [(await scene.endpoint(receiver.url, "job.failed"))[0] for _ in range(5)]
    await scene.emit("job.failed", times=6)
    openers = {DELIVER_WEBHOOK: OPENERS[DELIVER_WEBHOOK]}
    async with at_work(scene.settings_with(slots=2), scene.pool, openers), hanging(receiver):
        await scene.look()

        async def one_hangs() -> bool:
            return bool(receiver.asked)

        await eventually(one_hangs)
        await scene.endpoint(other.url, "job.canceled")
        sent = await scene.emit("job.canceled")
        await scene.look()

        async def it_came() -> bool:
            return other.times == dict.fromkeys(sent, 1)

        await eventually(it_came)
        assert "delivered" not in [state for one in hangers for state in await scene.states(one)]
