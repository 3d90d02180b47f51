"""The archive gets each event of a closed day once, through a fault at any step; then days may be dropped."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.pool import Conn
from domain.events import event_archive, partitions, purge
from domain.events.partitions import EVENT_TABLE_PAST_DAYS
from domain.events.tail import StoredEvent
from schemas.errors import ServiceUnavailable
from tests.domain.events.sending import PROJECT, event, send

OTHER = uuid4()


class Shelf:
    """Archive that keeps its contract and fails before or after its work by `faults`.

    "late" work is done when it arrives, long after it failed.
    """

    def __init__(self, faults: Sequence[str] = ()) -> None:
        self.faults = [*faults]
        self.kept: list[StoredEvent] = []
        self.names: set[str] = set()
        self.batches: list[Sequence[StoredEvent]] = []
        self.land: Callable[[], None] = lambda: None

    async def delete_day(self, day: date) -> None:
        self._work(lambda: setattr(self, "kept", [one for one in self.kept if day_of(one) != day]))

    async def store_batch(self, events: Sequence[StoredEvent], *, name: str) -> None:
        def keep() -> None:
            if name not in self.names:
                self.names.add(name)
                self.kept += events
                self.batches.append(events)

        self._work(keep)

    async def count_day_events(self, day: date) -> int:
        self._work(lambda: None)
        return sum(day_of(one) == day for one in self.kept)

    async def delete_project_events(self, project_id: UUID) -> None:
        self._work(lambda: setattr(self, "kept", [one for one in self.kept if one.project_id != project_id]))

    def _work(self, work: Callable[[], None]) -> None:
        fault = self.faults.pop() if self.faults else ""
        if fault == "before":
            raise ServiceUnavailable("away")
        if fault == "late":
            self.land = work
            raise ServiceUnavailable("it takes too long")
        work()
        if fault == "after":
            raise ServiceUnavailable("its answer is lost")


def day_of(one: StoredEvent) -> date:
    return one.occurred_at.date()


def closed_days(today: date) -> list[date]:
    """Return the last three closed days."""
    return [today - timedelta(days=EVENT_TABLE_PAST_DAYS + ago) for ago in (3, 2, 1)]


async def stock(conn: Conn, today: date) -> None:
    """Insert events of closed days, two with one id and time by two apps, and of the first open day."""
    first, _, last = closed_days(today)
    await empty(conn, today)
    noon = [datetime.combine(day, time(12), UTC) for day in (first, last, last + timedelta(days=1))]
    sent = [
        event(number, app_no=app_no, project_id=project_id, occurred_at=at)
        for number in range(5)
        for app_no in (1, 2)
        for project_id in (PROJECT, OTHER)
        for at in [noon[number % 3]]
    ]
    await send(conn, sent)


async def empty(conn: Conn, today: date) -> None:
    """Empty the store, with tables from the first closed day on."""
    await conn.execute("truncate event, event_seen, event_delta, event_archive")
    await conn.execute("select make_event_days($1, $2)", closed_days(today)[0], today)


async def closed(conn: Conn, today: date) -> list[tuple[object, ...]]:
    rows = await conn.fetch(
        "select project_id, app_no, event_key from event where occurred_at < $1",
        datetime.combine(today - timedelta(days=EVENT_TABLE_PAST_DAYS), time(), UTC),
    )
    return sorted(map(tuple, rows))


def shelved(shelf: Shelf) -> list[tuple[object, ...]]:
    return sorted((one.project_id, one.app_no, one.event_key) for one in shelf.kept)


async def advance(conn: Conn, shelf: Shelf, limit: int) -> None:
    """Run step after step, through all faults, until the archive is complete."""
    while True:
        try:
            if not await event_archive.run_event_archive_step(conn, archive=shelf, limit=limit):
                return
        except ServiceUnavailable:
            continue


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(faults=st.lists(st.sampled_from(["", "", "before", "after"]), max_size=20), limit=st.sampled_from([1, 3, 100]))
async def test_closed_days_are_archived_once(conn: Conn, today: date, faults: list[str], limit: int) -> None:
    await stock(conn, today)
    shelf = Shelf(faults)
    await advance(conn, shelf, limit)
    assert shelved(shelf) == await closed(conn, today) != []


async def test_day_with_a_wrong_count_is_copied_again(conn: Conn, today: date) -> None:
    """As after a batch that the archive stored twice."""
    await stock(conn, today)
    shelf, spoiled = Shelf(), False
    while await event_archive.run_event_archive_step(conn, archive=shelf, limit=2):
        if shelf.kept and not spoiled:
            shelf.kept *= 2
            spoiled = True
    assert spoiled
    assert shelved(shelf) == await closed(conn, today)


async def test_archived_day_can_be_dropped(conn: Conn, today: date) -> None:
    await stock(conn, today)
    drop = partial(partitions.drop_oldest_event_day, keep=EVENT_TABLE_PAST_DAYS, archived=True)
    shelf = Shelf()
    assert await drop(conn) == 0
    for _ in closed_days(today):
        assert await drop(conn) == 0
        while not await drop(conn):
            assert await event_archive.run_event_archive_step(conn, archive=shelf, limit=100) == 1
    assert await event_archive.run_event_archive_step(conn, archive=shelf) == 0
    assert len(shelf.kept) == 16


async def test_purge_covers_archived_days_and_the_day_under_copy(conn: Conn, today: date) -> None:
    await stock(conn, today)
    shelf, (first, _, last) = Shelf(), closed_days(today)
    while {day_of(one) for one in shelf.kept} != {first, last}:
        await event_archive.run_event_archive_step(conn, archive=shelf, limit=1)
    while await purge.purge_project_event_batch(conn, project_id=OTHER):
        pass
    await event_archive.delete_project_from_event_archive(conn, archive=shelf, project_id=OTHER)
    assert {one.project_id for one in shelf.kept} <= {PROJECT}
    await advance(conn, shelf, 1)
    assert shelved(shelf) == await closed(conn, today)


@pytest.mark.parametrize("limit", [1, 3, 100])
async def test_late_batch_after_a_purge_leaves_no_events(conn: Conn, today: date, limit: int) -> None:
    """For any batch: the next attempt reads other events than the batch that arrived."""
    for steps in (1, 2, 4, 7):
        await stock(conn, today)
        shelf = Shelf()
        for _ in range(steps):
            await event_archive.run_event_archive_step(conn, archive=shelf, limit=limit)
        shelf.faults = ["late"]
        with suppress(ServiceUnavailable):
            await event_archive.run_event_archive_step(conn, archive=shelf, limit=limit)
        shelf.faults = []
        while await purge.purge_project_event_batch(conn, project_id=OTHER):
            pass
        await event_archive.delete_project_from_event_archive(conn, archive=shelf, project_id=OTHER)
        shelf.land()
        await advance(conn, shelf, limit)
        assert shelved(shelf) == await closed(conn, today) != []


async def test_a_batch_is_bounded_in_bytes(conn: Conn, today: date, monkeypatch: pytest.MonkeyPatch) -> None:
    """Except for its last event, so that an event of any size is copied."""
    monkeypatch.setattr(event_archive, "MAX_ARCHIVE_BATCH_BYTES", 1_000)
    await empty(conn, today)
    noon = datetime.combine(closed_days(today)[0], time(12), UTC)
    sizes = (0, 300, 300, 1_500, 10, 10, 990, 400, 500, 90, 5_000, 5_000)
    texts = [f'{{"a":"{"ü" * (size // 2)}"}}' for size in sizes]
    await send(conn, [event(n, occurred_at=noon, properties=text) for n, text in enumerate(texts)])
    shelf = Shelf()
    await advance(conn, shelf, 100)
    assert shelved(shelf) == await closed(conn, today)
    assert [len(batch) for batch in shelf.batches] == [4, 3, 3, 1, 1]
    assert all(sum(size_of(one) for one in batch[:-1]) < 1_000 for batch in shelf.batches)


def size_of(one: StoredEvent) -> int:
    return len(one.properties.encode()) + len(one.context)
