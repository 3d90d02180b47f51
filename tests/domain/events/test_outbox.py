"""Conversions are inserted with their events, for new events alone, and found without reading others."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from db.pool import Conn
from domain.apps.app_numbers import AppWithEventStoreNumber, ProjectAppsByEventStoreNumber
from domain.apps.relays import NO_CONVERSION_RELAYS, EventRelayTarget, relays_from_event_maps
from domain.events import conversions, deliveries, group_commit
from domain.events.conversions import CONVERSION_QUEUE_SEARCH_START, AppConversionQueue
from domain.events.group_commit import RelaysByApp
from schemas import ids
from schemas.conversions import ConversionState
from tests import plans
from tests.domain.events.sending import NOW, PROJECT, event

pytestmark = pytest.mark.fresh

RELAYS: RelaysByApp = {(PROJECT, 1): relays_from_event_maps({"meta": None, "tiktok": {"open": "ViewContent"}})}
LINE = AppConversionQueue(PROJECT, 1, "meta")


async def send(conn: Conn, *numbers: int, relays: RelaysByApp = RELAYS, **fields: Any) -> None:
    async with conn.transaction():
        await group_commit.store_new_events(conn, [event(number, **fields) for number in numbers], relays)


async def outbox(conn: Conn) -> set[tuple[str, str, int]]:
    rows = await conn.fetch("select destination, event_name, event_key from event_conversion")
    return {(row["destination"], row["event_name"], row["event_key"].int) for row in rows}


async def test_new_events_of_mapped_names_are_in_the_outbox(conn: Conn) -> None:
    await send(conn, 0, 1, 2, relays={})
    assert await outbox(conn) == set()
    await send(conn, 0, 1, 2, 3, 4, 5)
    meta = {("meta", "Purchase", 4), ("meta", "CompleteRegistration", 5)}
    assert await outbox(conn) == meta | {("tiktok", "ViewContent", 3)}
    await send(conn, 6, 7, app_no=2)
    assert len(await outbox(conn)) == 3


async def test_id_repeated_after_weeks_keeps_its_row(conn: Conn) -> None:
    """Its id is forgotten before its conversion: no commit fails by that."""
    await send(conn, 1)
    await conn.execute("truncate event_seen, event")
    await conn.execute("update event_conversion set state = 'delivered'")
    await send(conn, 1, 2)
    states = await conn.fetch("select state from event_conversion order by event_key")
    assert [row["state"] for row in states] == ["delivered", "pending"]


def test_name_is_relayed_to_each_mapped_destination() -> None:
    found = relays_from_event_maps({"tiktok": None, "meta": {"x": "Y", "search": "Search"}})
    assert found["x"] == (EventRelayTarget("meta", "Y"),)
    assert found["search"] == (EventRelayTarget("meta", "Search"), EventRelayTarget("tiktok", "Search"))
    assert relays_from_event_maps(None) is NO_CONVERSION_RELAYS


async def test_search_visits_all_lines(conn: Conn, monkeypatch: pytest.MonkeyPatch) -> None:
    """For any number of conversions that wait or have ended."""
    monkeypatch.setattr(conversions, "MAX_QUEUES_PER_CONVERSION_SEARCH", 2)
    for number in range(plans.TIMES):
        await send(conn, 1 + 3 * number)
        await look(conn)
    others = [UUID(int=number) for number in range(1, 5)]
    for project_id in (*others, PROJECT):
        await fill(conn, project_id, due="-1 hour" if project_id == others[1] else "6 seconds")
    async with plans.reading(conn, "event_conversion") as found:
        seen = await look(conn)
    assert sorted(line.project_id for line in seen) == sorted([others[0], *others[2:], PROJECT])
    assert (found.scans, found.rows <= 40) == (0, True), found


async def look(conn: Conn) -> list[AppConversionQueue]:
    """Return the lines with a row that has waited long enough."""
    found, last = await conversions.find_due_conversion_queues(conn, after=CONVERSION_QUEUE_SEARCH_START)
    while last != CONVERSION_QUEUE_SEARCH_START:
        lines, last = await conversions.find_due_conversion_queues(conn, after=last)
        found += lines
    return found


async def fill(conn: Conn, project_id: UUID, *, due: str = "6 seconds") -> None:
    """Insert rows that are due for so long, or not yet, behind many that have ended."""
    await conn.execute(
        f"""insert into event_conversion (project_id, app_no, destination, event_key, id, name, event_name,
                                          occurred_at, state, due_at)
           select $1, 1, 'meta', gen_random_uuid(), gen_random_uuid(), 'sign_up', 'Register', $2,
                  case when i % 12 = 0 then 'pending' else 'delivered' end, now() - interval '{due}'
             from generate_series(1, 12000) i""",
        project_id, NOW,
    )  # fmt: skip


async def test_a_job_reads_its_own_batch(conn: Conn) -> None:
    """Also by plans for empty tables."""
    for number in range(plans.TIMES):
        await send(conn, 1 + 3 * number)
        await work(conn)
    await fill(conn, PROJECT)
    await fill(conn, UUID(int=1))
    for number in range(300):
        await send(conn, 1_000 + 3 * number, occurred_at=NOW)
    async with plans.reading(conn, "event_conversion") as found:
        due = await work(conn)
    assert len(due) == conversions.MAX_CONVERSIONS_PER_CALL
    assert found.scans == 0
    # The list, the mark, and two ends of each row, which may have several versions.
    assert found.rows <= 9 * conversions.MAX_CONVERSIONS_PER_CALL, found


async def work(conn: Conn) -> list[Any]:
    due = await conversions.list_due_conversions(conn, line=LINE)
    ids = [one.id for one in due]
    if ids:
        await conversions.begin_conversion_attempts(conn, line=LINE, ids=ids, at=NOW)
        maybe: dict[str, Any] = {"at": NOW, "maybe_taken": True, "error_code": "X", "error_message": "x"}
        await conversions.requeue_conversions_after_failed_call(conn, line=LINE, ids=ids, **maybe)
        ends = [conversions.SettledConversion(row_id, "delivered") for row_id in ids]
        await conversions.settle_conversions(conn, line=LINE, ends=ends)
    return due


async def test_late_put_back_keeps_another_attempts_time(conn: Conn) -> None:
    """A call of an attempt that lost its lease was refused, while its successor's may arrive."""
    await send(conn, 1)
    [one] = await conversions.list_due_conversions(conn, line=LINE)
    calls = [NOW, NOW + timedelta(seconds=30)]
    for at in calls:
        await conversions.begin_conversion_attempts(conn, line=LINE, ids=[one.id], at=at)
    for at in calls:
        why: dict[str, Any] = {"maybe_taken": False, "error_code": "X", "error_message": "x"}
        await conversions.requeue_conversions_after_failed_call(conn, line=LINE, ids=[one.id], at=at, **why)
    [one] = await conversions.list_due_conversions(conn, line=LINE)
    assert one.first_try_at == NOW - timedelta(microseconds=1)


async def test_old_conversions_are_pruned(conn: Conn) -> None:
    await send(conn, 1, 2)
    await conn.execute(
        "update event_conversion set created_at = now() - interval '91 days' where event_key = $1", UUID(int=1)
    )
    assert [await conversions.prune_conversions(conn, keep_days=90) for _ in range(2)] == [1, 0]
    assert {number for _, _, number in await outbox(conn)} == {2}


MANY, FEW = 5_000, 5
APPS = ProjectAppsByEventStoreNumber(PROJECT, {1: AppWithEventStoreNumber(ids.new_uuid7(), 1, "web")}, None)


async def count_listed(conn: Conn, states: Sequence[ConversionState] | None, limit: int = 50) -> int:
    found = await deliveries.list_conversion_deliveries_of_project(
        conn, apps=APPS, destinations=None, states=states, show_id=str, before=None, limit=limit
    )
    return len(found)


@pytest.mark.parametrize(
    ("states", "most"),
    [
        (["failed"], "delivered"),
        (["failed", "expired"], "pending"),
        (["pending"], "delivered"),
        (["pending"], "failed"),
        (["pending", "failed"], "delivered"),
    ],
)
async def test_rare_states_are_found_among_many_rows(
    conn: Conn, states: Sequence[ConversionState], most: ConversionState
) -> None:
    """By a plan for an empty table, and by one with statistics."""
    # Otherwise the few might be analyzed before the many exist, which gives another plan.
    await conn.execute("alter table event_conversion set (autovacuum_enabled = false)")
    for _ in range(plans.TIMES):
        await count_listed(conn, states)
    few = [*{*states} - {"expired"}]
    for place, (state, n) in enumerate([*((state, FEW) for state in few), (most, MANY)]):
        await conn.execute(
            """insert into event_conversion (project_id, app_no, destination, event_key, id, name, event_name,
                                             occurred_at, state)
               select $1, 1, 'meta', gen_random_uuid(),
                      ('00000000-0000-7000-8000-' || lpad(to_hex(i + $4), 12, '0'))::uuid, 'buy', 'Purchase',
                      now(), $2
                 from generate_series(1, $3::int) i""",
            PROJECT, state, n, place * MANY,
        )  # fmt: skip
    for step in ("select", "analyze event_conversion"):
        await conn.execute(step)
        async with plans.reading(conn, "event_conversion") as found:
            assert await count_listed(conn, states) == FEW * len(few)
        assert (found.scans, found.rows) == (0, FEW * len(few))
    assert await count_listed(conn, None, 2 * MANY) == MANY + FEW * len(few)
