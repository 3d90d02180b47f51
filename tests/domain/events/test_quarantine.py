"""Quarantine: the newest rejected events of a project, for a week, with enough text to see the cause."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from db.pool import Conn, Pool
from domain.events import purge, quarantine
from domain.events.body import RejectedEvent
from domain.events.quarantine import BufferedEventRejection, QuarantineBuffer, StoredEventRejection
from schemas.events import EventRejection
from tests.domain.events.sending import PROJECT, keyed


def refused(number: int, code: EventRejection = "INVALID", text: bytes | None = None) -> RejectedEvent:
    return RejectedEvent(number, code, text or b'{"name": "open", "eventId": "e-%d"}' % number)


async def listed(pool: Pool, project_id: UUID = PROJECT, **chosen: object) -> list[StoredEventRejection]:
    given = {"last_app": 9, "app_no": None, "codes": None, "before": None, "limit": 10_000} | chosen
    return await QuarantineBuffer(pool).list_stored_rejections(project_id=project_id, **given)  # type: ignore[arg-type]


async def test_what_was_refused_is_listed_newest_first(pool: Pool) -> None:
    waiting = QuarantineBuffer(pool)
    waiting.queue_rejections(keyed(PROJECT, 1), [refused(1), refused(2, "BAD_TIME")])
    waiting.queue_rejections(keyed(PROJECT, 2), [refused(3)])
    waiting.queue_rejections(keyed(uuid4(), 1), [refused(4)])
    await waiting.write_queued_rejections()
    rows = await listed(pool)
    assert [(row.app_no, row.code, row.event_id) for row in rows] == [
        (2, "INVALID", "e-3"),
        (1, "BAD_TIME", "e-2"),
        (1, "INVALID", "e-1"),
    ]
    assert [row.event_id for row in await listed(pool, app_no=1)] == ["e-2", "e-1"]
    assert [row.event_id for row in await listed(pool, last_app=1)] == ["e-2", "e-1"]
    assert [row.event_id for row in await listed(pool, codes=["BAD_TIME"])] == ["e-2"]
    assert [row.event_id for row in await listed(pool, before=rows[0].id, limit=1)] == ["e-2"]


async def test_long_or_broken_text_is_stored_in_part(pool: Pool) -> None:
    cases: list[tuple[bytes, str | None, str | None]] = [
        (b'{"name": "a", "eventId": 7}', None, None),
        (b'{"event": "Order Completed", "messageId": "m-1"}', "Order Completed", "m-1"),
        (b'{"name": "' + b"n" * 5_000 + b'"}', "n" * 255, None),
        (b'{"name": "a\\u0000"}', "a\ufffd", None),
        (b'{"name": "\xff', None, None),
        (b"null", None, None),
        (b"\0" * 9_000, None, None),
    ]
    waiting = QuarantineBuffer(pool)
    waiting.queue_rejections(keyed(PROJECT, 1), [refused(1, text=text) for text, _, _ in cases])
    await waiting.write_queued_rejections()
    rows = (await listed(pool))[::-1]
    assert [(row.name, row.event_id) for row in rows] == [(name, event_id) for _, name, event_id in cases]
    assert all(0 < len(row.text) <= quarantine.MAX_REJECTED_EVENT_TEXT_CHARACTERS for row in rows)


async def test_flood_keeps_the_newest_events(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """In memory, and in the table."""
    monkeypatch.setattr(quarantine, "MAX_STORED_REJECTIONS_PER_PROJECT", 150)
    waiting, other = QuarantineBuffer(pool), uuid4()
    waiting.queue_rejections(keyed(other, 1), [refused(0)])
    for turn in range(3):
        for number in range(300):
            waiting.queue_rejections(keyed(PROJECT, 1), [refused(turn * 1_000 + number)])
        await waiting.write_queued_rejections()
    expected = [*range(2_200, 2_300), *range(1_250, 1_300)]
    assert sorted(row.event_id or "" for row in await listed(pool)) == sorted(f"e-{n}" for n in expected)
    assert len(await listed(pool, other)) == 1


async def test_large_request_keeps_its_newest_events(pool: Pool) -> None:
    waiting = QuarantineBuffer(pool)
    waiting.queue_rejections(keyed(PROJECT, 1), [refused(number) for number in range(150)])
    await waiting.write_queued_rejections()
    assert [row.event_id for row in await listed(pool)] == [f"e-{number}" for number in range(149, 49, -1)]


async def test_queued_events_of_a_project_are_bounded_in_memory(pool: Pool) -> None:
    """Fewer long texts fit if they have a rare character, which Python stores in four bytes each."""
    text = '{"eventId":"e-%d","a":"' + "\U0001f600" + "x" * 5_000
    waiting = QuarantineBuffer(pool)
    for number in range(90):
        waiting.queue_rejections(keyed(PROJECT, 1), [refused(number, text=(text % number).encode())])
    await waiting.write_queued_rejections()
    rows = await listed(pool)
    assert [row.text[12:16] for row in rows] == [f"e-{number}" for number in range(89, 89 - len(rows), -1)]
    assert len(rows) >= 10
    assert len(rows) * 4 * quarantine.MAX_REJECTED_EVENT_TEXT_CHARACTERS <= quarantine.MAX_PROJECT_REJECTION_QUEUE_BYTES


async def test_organization_cannot_fill_the_buffer(pool: Pool) -> None:
    waiting = QuarantineBuffer(pool)
    greedy = uuid4()
    for _ in range(300):
        waiting.queue_rejections(keyed(uuid4(), 1)._replace(organization_id=greedy), [refused(0)])
    waiting.queue_rejections(keyed(PROJECT, 1), [refused(1)])
    await waiting.write_queued_rejections()
    assert [row.event_id for row in await listed(pool)] == ["e-1"]
    projects = await pool.fetchval("select count(distinct project_id) from event_quarantine")
    assert projects == quarantine.MAX_QUARANTINE_PROJECTS_PER_ORGANIZATION + 1


def test_full_buffer_gives_another_organization_its_share(pool: Pool) -> None:
    """Property: an organization with too few places is at most one behind the one with the most."""
    for seed in range(20):
        dice, waiting = random.Random(seed), QuarantineBuffer(pool)
        organizations = [uuid4() for _ in range(dice.choice((1, 3, 10, 40, 199)))]
        for organization_id in [*dice.choices(organizations, k=600), *[PROJECT] * 30]:
            waiting.queue_rejections(keyed(uuid4(), 1)._replace(organization_id=organization_id), [refused(0)])
        places = Counter(one.organization_id for one in waiting._due.values())
        assert places.total() <= quarantine.MAX_QUARANTINE_BUFFER_PROJECTS
        assert max(places.values()) <= quarantine.MAX_QUARANTINE_PROJECTS_PER_ORGANIZATION
        assert places[PROJECT] >= max(1, max(places.values()) - 1)


async def test_expired_and_purged_events_are_deleted(pool: Pool, conn: Conn) -> None:
    waiting, other = QuarantineBuffer(pool), uuid4()
    waiting.queue_rejections(keyed(PROJECT, 1), [refused(number) for number in range(4)])
    waiting.queue_rejections(keyed(other, 1), [refused(9)])
    await waiting.write_queued_rejections()
    for event_id, age in (("e-0", timedelta(days=6, hours=23)), ("e-1", timedelta(days=7, minutes=1))):
        await conn.execute(
            "update event_quarantine set received_at = now() - $2::interval where event_id = $1", event_id, age
        )
    assert await quarantine.delete_expired_event_rejections(conn) == 1
    assert [row.event_id for row in await listed(pool)] == ["e-3", "e-2", "e-0"]
    while await purge.purge_project_event_batch(conn, project_id=PROJECT):
        pass
    assert await listed(pool) == []
    assert len(await listed(pool, other)) == 1


async def test_events_during_a_write_wait_for_the_next(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """So a flood is written once a turn, and an earlier project doesn't wait behind it."""
    waiting, keep = QuarantineBuffer(pool), quarantine.insert_rejected_events
    flood, written = uuid4(), list[UUID]()

    async def keep_beside_flood(conn: Conn, project_id: UUID, noted: Sequence[BufferedEventRejection]) -> None:
        await keep(conn, project_id, noted)
        written.append(project_id)
        if len(written) < 9:
            waiting.queue_rejections(keyed(flood, 1), [refused(0)])

    monkeypatch.setattr(quarantine, "insert_rejected_events", keep_beside_flood)
    waiting.queue_rejections(keyed(PROJECT, 1), [refused(1)])
    waiting.queue_rejections(keyed(flood, 1), [refused(0)])
    await waiting.write_queued_rejections()
    assert written == [PROJECT, flood]
    assert waiting.rejections_queued.is_set()
    await waiting.write_queued_rejections()
    assert written == [PROJECT, flood, flood]
