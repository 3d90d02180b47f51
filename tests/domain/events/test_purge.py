"""Purge of a project's events, concurrent with other writers of the store."""

import asyncio
from functools import partial

from db.pool import Conn, Pool
from db.queries import event_delta, event_rollup
from domain.events import purge
from domain.events.event_names import EVENT_NAME_COUNT_SQL_PARAMETERS
from tests.domain.events.sending import NOW, PROJECT, event, fold_all, send
from tests.jobs.scene import waits_for_lock
from tests.waiting import eventually


async def test_purge_waits_for_a_rebuild_and_deletes_all(pool: Pool, conn: Conn) -> None:
    """They must not wait for each other's deltas and counts."""
    hour = NOW.replace(minute=0)
    await send(conn, [event(number, occurred_at=NOW) for number in range(30)])
    await fold_all(conn)
    await send(conn, [event(number, occurred_at=NOW) for number in range(30, 60)])
    stretch = {"project_id": PROJECT, "since": hour, "until": hour.replace(minute=59)}
    async with pool.acquire() as rebuilding, pool.acquire() as purging:
        async with rebuilding.transaction():
            await event_delta.lock_shard_of_project.value(rebuilding, project_id=PROJECT)
            purged = asyncio.create_task(purge.purge_project_event_batch(purging, project_id=PROJECT))
            await eventually(partial(waits_for_lock, conn))
            await event_rollup.drop_counts.run(rebuilding, **stretch)
            await event_rollup.count_events.run(rebuilding, **stretch, **EVENT_NAME_COUNT_SQL_PARAMETERS)
        assert await purged > 0
    assert await purge.purge_project_event_batch(conn, project_id=PROJECT) == 0
    for table in (
        "event", "event_seen", "event_delta", "event_name", "event_name_count", "event_rollup",
        "event_rollup_hour", "ad_day",
    ):  # fmt: skip
        assert not await conn.fetchval(f"select exists (select from {table})"), table
