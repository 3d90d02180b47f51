"""Events sent three times by eight writers, with rotations, folds and cuts: stored and counted once.

`tests/chaos/test_event_writers.py` does so with processes that are killed and a Postgres that restarts.
"""

import asyncio
from contextlib import AsyncExitStack

from db.pool import Conn, Pool, open_postgres_pool
from domain.events.intake import open_event_intake
from schemas.settings import Settings
from tests.domain.events import racing
from tests.domain.events.sending import new_budgets

NUMBERS = 4_000
BATCHES = NUMBERS * racing.TIMES // racing.EACH


async def test_each_id_is_stored_once_and_counted_once(settings: Settings, pool: Pool, conn: Conn) -> None:
    done, acknowledged = asyncio.Event(), list[int]()
    async with AsyncExitStack() as stack:
        intakes = []
        for _ in range(racing.WRITERS):
            own = await stack.enter_async_context(open_postgres_pool(settings.database_url, name="writer", size=2))
            intakes.append(await stack.enter_async_context(open_event_intake(own, new_budgets())))
        others = asyncio.gather(
            racing.rotate_twice(pool, lambda: len(acknowledged) / BATCHES),
            *[racing.disturb(pool, done, seed) for seed in range(2)],
        )
        shares = [iter(enumerate(share)) for share in racing.batches(1, NUMBERS)]
        writing = [
            racing.write(intake, share, acknowledged.append)
            for intake, share in zip(intakes, shares, strict=True)
            for _ in range(4)
        ]
        await asyncio.gather(*writing)
        done.set()
        await others
    assert len(acknowledged) == BATCHES
    await racing.is_exact(conn, NUMBERS)
