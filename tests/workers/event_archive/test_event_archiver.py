"""The dispatcher copies closed days into ClickHouse, through its outages, and only then drops them."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest

from db.pool import Conn
from schemas.errors import ServiceUnavailable
from schemas.settings import Settings
from tests.domain.events.sending import PROJECT, event, send
from tests.http_server import serve
from tests.waiting import eventually
from tests.workers.event_archive.clickhouse import shelves
from tests.workers.runtime.workers import running
from tests.workers.web.web import drip_after
from workers.dispatcher import event_archiver, events
from workers.dispatcher.event_archiver import ClickHouseArchiveLeader
from workers.dispatcher.events import EventStoreChoreLeader
from workers.event_archive import clickhouse
from workers.event_archive.clickhouse import ClickHouseArchive

TODAY = datetime.now(UTC).date()
CLOSED = TODAY - timedelta(days=10)


async def stock(conn: Conn) -> None:
    """Insert a closed day with events, and an open one."""
    await conn.execute("select make_event_days($1, $2)", CLOSED, TODAY)
    noon = datetime(CLOSED.year, CLOSED.month, CLOSED.day, 12, tzinfo=UTC)
    await send(conn, [event(number, occurred_at=noon) for number in range(20)])
    await send(conn, [event(number) for number in range(100, 105)])


async def test_closed_days_are_archived_despite_any_failure_and_then_dropped(
    settings: Settings, conn: Conn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error would otherwise end the whole dispatcher, and the next one too."""
    monkeypatch.setattr(events, "EVENT_CHORES_INTERVAL_S", 0.05)
    monkeypatch.setattr(event_archiver, "EVENT_ARCHIVE_INTERVAL_S", 0.05)
    count, faults = ClickHouseArchive.count_day_events, [ZeroDivisionError("the data of somebody")]

    async def counted(archive: ClickHouseArchive, day: date) -> int:
        if faults:
            raise faults.pop()
        return await count(archive, day)

    monkeypatch.setattr(ClickHouseArchive, "count_day_events", counted)
    await stock(conn)
    async with shelves() as archive:
        archive.down = archive.foreign = 3
        own = msgspec.structs.replace(settings, event_days=8, events_archive_url=archive.url)
        async with running(ClickHouseArchiveLeader(own), EventStoreChoreLeader(own)):
            await eventually(lambda: is_gone(conn))
    kept = {(row["project_id"], row["event_key"], row["properties"]) for row in archive.rows}
    assert kept == {(str(PROJECT), str(event(number).event_key), "{}") for number in range(20)}
    assert len(archive.rows) == 20
    said = capsys.readouterr().out
    assert "ZeroDivisionError" in said
    assert "somebody" not in said


async def is_gone(conn: Conn) -> bool:
    found: bool = await conn.fetchval(f"select to_regclass('event_{CLOSED:%Y%m%d}') is null")
    return found


async def test_a_failing_archive_is_unavailable_and_its_response_is_not_quoted() -> None:
    async with shelves() as opened:
        opened.down = 1
        async with ClickHouseArchive(opened.url) as archive:
            with pytest.raises(ServiceUnavailable, match="241") as refused:
                await archive.count_day_events(TODAY)
            assert "somebody" not in str(refused.value)
            assert await archive.count_day_events(TODAY) == 0
            opened.foreign = 1
            with pytest.raises(ServiceUnavailable, match="not a number"):
                await archive.count_day_events(TODAY)
    async with ClickHouseArchive(opened.url) as archive:
        with pytest.raises(ServiceUnavailable, match="unavailable"):
            await archive.delete_project_events(uuid4())


async def test_a_response_has_one_total_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is for the whole response: the leader's session may not be idle for longer."""
    monkeypatch.setattr(clickhouse, "EVENT_ARCHIVE_CALL_TIMEOUT_S", 0.3)

    drip = drip_after(b"HTTP/1.1 200 OK\r\n\r\n")
    async with (
        serve(lambda _, reader, writer: drip(reader, writer)) as host,
        ClickHouseArchive(f"http://{host}/events") as archive,
    ):
        with pytest.raises(ServiceUnavailable, match="unavailable"):
            await archive.delete_day(TODAY)
