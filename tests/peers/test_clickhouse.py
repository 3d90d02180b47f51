"""The event archive in ClickHouse's own engine: each event of a closed day once, despite lost responses."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from db.pool import Conn
from db.server import find_free_port
from domain.events import event_archive, partitions
from domain.events.tail import StoredEvent
from schemas.errors import ServiceUnavailable
from tests.domain.events.test_event_archive import OTHER, closed, closed_days, stock
from tests.peers import pypi
from tests.peers.processes import running
from workers.event_archive.clickhouse import ClickHouseArchive

pytestmark = pytest.mark.peers


class Losing(ClickHouseArchive):
    """Archive that loses the response to every second batch, after the insert or before it."""

    turn = 0

    async def store_batch(self, events: Sequence[StoredEvent], *, name: str) -> None:
        self.turn += 1
        if self.turn % 4 != 3:
            await super().store_batch(events, name=name)
        if self.turn % 2:
            raise ServiceUnavailable("its answer is lost")


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    port = find_free_port()
    script = Path(__file__).with_name("clickhouse_server.py")
    words = [str(pypi.install("chdb")), str(script), str(port), str(tmp_path / "data")]
    with running(words, ready=f"http://127.0.0.1:{port}/ping"):
        yield f"http://127.0.0.1:{port}/default"


async def test_each_event_is_stored_once_and_purged_projects_are_absent(
    url: str, conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = partitions.utc_today()
    monkeypatch.setattr(partitions, "utc_today", lambda: today)
    await stock(conn, today)
    days = closed_days(today)
    async with Losing(url) as archive:
        while await advanced(conn, archive):
            pass
        counts = [await archive.count_day_events(day) for day in days]
        assert sum(counts) == len(await closed(conn, today)) == 16
        assert await archive.count_day_events(days[-1] + timedelta(days=1)) == 0
        await event_archive.delete_project_from_event_archive(conn, archive=archive, project_id=OTHER)
        assert sum([await archive.count_day_events(day) for day in days]) == 8


async def advanced(conn: Conn, archive: ClickHouseArchive) -> int:
    """Advance the archive; a lost response is retried."""
    try:
        return await event_archive.run_event_archive_step(conn, archive=archive, limit=3)
    except ServiceUnavailable:
        return 1
