"""The end of the listener: at any moment it leaves no connection to Redis."""

from datetime import UTC, datetime

import pytest

from jobs import courier
from jobs.courier import CLOCK_DIFFERENCE
from jobs.kinds import ARCHIVE_PROJECT
from schemas import ids
from tests.cutting import cut_everywhere
from workers.runtime.background import background
from workers.runtime.listener import listen
from workers.runtime.slots import Slots

pytestmark = pytest.mark.timing

POOL = ARCHIVE_PROJECT.pool


async def test_a_cancel_at_any_step_leaves_no_connection(redis_url: str) -> None:
    """A message without an entry of the list: arq runs it, and then writes behind a shield."""

    async def hear() -> None:
        slots = Slots(1)
        async with background(listen(redis_url, pool_name=POOL, kinds=[ARCHIVE_PROJECT], slots=slots)):
            await slots.wake.wait()

    async with courier.open_client(redis_url, timeout_s=5) as client:

        async def prepare() -> None:
            await client.flushdb()
            await client.enqueue_job(
                ARCHIVE_PROJECT.name,
                _job_id=str(ids.new()),
                _queue_name=courier.queue_key(POOL),
                _defer_until=datetime.now(UTC) - CLOCK_DIFFERENCE,
            )

        await cut_everywhere(hear, prepare=prepare)
