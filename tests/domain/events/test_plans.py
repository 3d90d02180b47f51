"""Statements of the store read few rows of large tables, also by plans for empty ones."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
import pytest_asyncio

from db.pool import Conn
from domain.events import event_archive, folds, partitions, purge, rollups
from tests import plans
from tests.domain.events.sending import NOW, PROJECT, event, send
from tests.domain.events.test_event_archive import Shelf

pytestmark = pytest.mark.fresh

#: Ids and events of the project, and of as many other projects with as many together.
MANY = 12_000

TODAY = f"event_{NOW:%Y%m%d}"


@pytest_asyncio.fixture
async def full(conn: Conn) -> Conn:
    """Return a connection to a full store with statements planned while it was empty."""
    for number in range(plans.TIMES):
        await send(conn, [event(number, occurred_at=NOW)])
        await folds.DeltaFoldRunner().fold_each_waiting_shard(conn)
        await rollups.rebuild_event_counts(conn, project_id=PROJECT, day=NOW.date())
        await purge.purge_project_event_batch(conn, project_id=PROJECT)
        await copy_batch(conn)
    for project in ("$1", "gen_random_uuid()"):
        await fill(conn, project)
    return conn


async def fill(conn: Conn, project: str) -> None:
    """Fill the store as after a long life, without an analyze."""
    given = f"case when $1::uuid is not null then {project} end"
    await conn.execute(
        f"insert into event_seen select 0, {given}, 1, gen_random_uuid() from generate_series(1, $2::int)",
        PROJECT, MANY,
    )  # fmt: skip
    await conn.execute(
        f"""insert into event (project_id, app_no, event_key, name, occurred_at, properties, context)
            select {given}, 1, gen_random_uuid(), 'open',
                   $3::timestamptz + i * interval '1 ms', '{{}}', '{{}}'
              from generate_series(1, $2::int) i""",
        PROJECT, MANY, NOW,
    )  # fmt: skip
    await conn.execute(
        f"""insert into event_rollup
            select {given}, 'open', $3::timestamptz + i * interval '15 min', 1, '', 1, 0
              from generate_series(1, $2::int) i""",
        PROJECT, MANY, NOW,
    )  # fmt: skip


async def copy_batch(conn: Conn) -> int:
    """Copy the day's first hundred events to the archive; return their number."""
    await conn.execute("delete from event_archive")
    await conn.execute("insert into event_archive (day, emptied) values ($1, true)", NOW.date())
    shelf = Shelf()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            partitions, "utc_today", lambda: NOW.date() + timedelta(days=partitions.EVENT_TABLE_PAST_DAYS + 1)
        )
        await event_archive.run_event_archive_step(conn, archive=shelf, limit=100)
    return len(shelf.kept)


async def test_statements_read_few_rows(full: Conn) -> None:
    async with plans.reading(full, TODAY) as rebuild:
        await rollups.rebuild_event_counts(full, project_id=PROJECT, day=NOW.date())
    assert rebuild.scans == 0
    # Twice: for the counts of an hour, while 23 others are empty, and for the people of the day.
    assert 2 * MANY <= rebuild.rows <= 2 * MANY + 100

    async with plans.reading(full, TODAY) as archive:
        assert await copy_batch(full) == 100
    assert archive.scans == 0
    # Also those that a step of a sort reads ahead: the index has no apps.
    assert archive.rows <= 200

    # Shards of more than two batches, of projects with less and with more than a batch.
    await full.execute(
        """insert into event_delta (project_id, app_no, bucket, name, currency, n, value_micros)
           select case when i % 2 = 0 then $1 else lpad(to_hex(i % 64), 32, '0')::uuid end, 1, $2, 'n' || i % 100,
                  '', 1, 0
             from generate_series(1, 40000) i""",
        PROJECT, NOW.replace(minute=0),
    )  # fmt: skip
    uses: list[Callable[[], Awaitable[object]]] = [
        lambda: folds.DeltaFoldRunner().fold_each_waiting_shard(full),
        lambda: folds.fold_project_for_read(full, project_id=PROJECT),
    ]
    for use in uses:
        # A plan with statistics, too, must not read the whole shard for its batch.
        await full.execute("vacuum analyze event_delta")
        before = await full.fetchval("select count(*) from event_delta")
        async with plans.reading(full, "event_delta") as fold, plans.reading(full, "event_rollup") as counts:
            assert await use()
        folded = before - await full.fetchval("select count(*) from event_delta")
        assert fold.scans == counts.scans == 0
        # At most a row for each delta, and one for all names.
        assert counts.rows <= 2 * folded
        # The searches for shards, and for the oldest delta, read a row each; the last one also those that are folded.
        assert folded <= fold.rows <= 2 * folded + 20

    await full.execute("select rotate_event_generation('0')")
    async with plans.reading(full, "event_seen_0") as commit:
        await send(full, [event(1_000_000 + number) for number in range(100)])
    # The unique index itself is not counted; reads of the closed leaves' probes are.
    assert (commit.scans, commit.rows) == (0, 0)


async def test_purge_reads_only_the_rows_it_deletes(full: Conn) -> None:
    async with (
        plans.reading(full, TODAY) as events,
        plans.reading(full, "event_seen_0") as ids,
        plans.reading(full, "event_rollup") as counts,
    ):
        await purge.purge_project_event_batch(full, project_id=PROJECT)
    # Entries of earlier deletes are skipped while a snapshot may see them: four a round at most.
    left = 4 * plans.TIMES
    for found in (events, ids, counts):
        assert found.scans == 0
        assert found.rows <= 2 * purge.MAX_PURGED_EVENT_ROWS + 10 + left
