"""PostgreSQL on a disk of 2 GiB, and a flood of events that would fill it.

Where this process may mount, the disk is a tmpfs of that size. Elsewhere only the setting limits it, and the
test compares PostgreSQL's measured size.
"""

import asyncio
import contextlib
import itertools
import secrets
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio

from db import local
from db.migrate import migrate_databases
from domain.accounts.credentials import TokenGrant
from domain.operations import disk
from jobs.kinds import PUBLISH_POST_KIND
from schemas.apps import SdkAppShown
from tests import seeds
from tests import servers as made
from tests.chaos import platform
from tests.chaos.fleet import Fleet, open_fleet
from tests.waiting import PATIENCE_S, eventually

pytestmark = [pytest.mark.chaos, pytest.mark.long]

SIZE = 2 << 30

#: Small WAL, so that events use most of the disk.
SMALL = {**made.FAST, "min_wal_size": "32MB", "max_wal_size": "64MB", "autovacuum_naptime": "1s"}

#: Requests of 16 events of 30 KB, one in 0.1 s at most per sender: 19 MB/s. The API measures once a second,
#: and 205 MiB lie between the mark and the disk's end.
SENDERS, EACH, TEXT, INTERVAL_S = 4, 16, 15_000, 0.1

#: Age of the events in days: retention drops their table first.
DAYS = 6

#: Expected refusals: for all senders, for heavy senders, for a dropped day.
REASONS = ("the event store is nearly full", "the event store fills up", "there is no table for the day")

POSTS = 4

#: Other tables on the disk, of 1,500 MiB, so that the flood has 250 MiB left until the mark.
FILL = """
create unlogged table filler (content text);
alter table filler alter content set storage external;
insert into filler select repeat('x', 8000) from generate_series(1, 174000)"""


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Yield whether the folder is on a mounted disk of `SIZE` bytes."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        mounted = False
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


@dataclass
class Flood:
    """Senders with one app's key, the ids of accepted events, and the refusals."""

    http: httpx.AsyncClient
    app: SdkAppShown
    days: int = DAYS
    numbers: Iterator[int] = field(default_factory=itertools.count)
    accepted: set[str] = field(default_factory=set)
    refused: list[httpx.Response] = field(default_factory=list)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(SENDERS):
                group.create_task(self._send_on())

    async def _send_on(self) -> None:
        numbers = self._next()
        while True:
            if await self.send(numbers):
                numbers = self._next()
            await asyncio.sleep(INTERVAL_S)

    def _next(self) -> list[str]:
        return [str(next(self.numbers)) for _ in range(EACH)]

    async def send(self, numbers: list[str]) -> bool:
        """Send these events; return whether they are accepted. Only a full disk may refuse them."""
        occurred_at = f"{datetime.now(UTC) - timedelta(days=self.days):%Y-%m-%dT%H:%M:%SZ}"
        text = {"text": secrets.token_hex(TEXT)}
        events = [
            {"name": "open", "eventId": number, "occurredAt": occurred_at, "properties": text} for number in numbers
        ]
        answer = await self.http.post(
            f"/v1/apps/{self.app.app_id}/events",
            content=msgspec.json.encode({"events": events}),
            headers={"Authorization": f"Bearer {self.app.api_key}"},
        )
        if answer.status_code == 202:
            self.accepted.update(numbers)
            return True
        assert answer.status_code == 503, answer.text
        assert answer.json()["error"]["message"].startswith(REASONS), answer.text
        self.refused.append(answer)
        return False


@pytest_asyncio.fixture
async def full_fleet(tmp_path: Path) -> AsyncIterator[Fleet]:
    """Open a fleet with PostgreSQL's data on a small disk."""
    with (
        small_disk(tmp_path / "disk") as mounted,
        local.run_local_postgres(tmp_path / "disk" / "postgres", SMALL) as postgres,
        local.run_local_valkey(tmp_path / "valkey") as valkey,
    ):
        await migrate_databases(postgres.url)
        settings = made.settings_for(postgres.url, valkey.url, database_disk_bytes=SIZE)
        async with open_fleet(settings, tmp_path) as fleet:
            await fleet.pool.execute(FILL)
            yield fleet
        if mounted:
            assert b"No space left" not in postgres.log.read_bytes()


async def test_posts_are_published_and_intake_resumes_without_loss(full_fleet: Fleet) -> None:
    fleet = full_fleet
    async with platform.serving() as records:
        fleet.allow(records.host)
        await fleet.dispatcher()
        await fleet.of_product(PUBLISH_POST_KIND.pool)
        url = await fleet.serve_api()
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=PATIENCE_S) as http:
            await flooded(fleet, records, http)


async def flooded(fleet: Fleet, records: platform.Records, http: httpx.AsyncClient) -> None:
    async with fleet.pool.acquire() as conn:
        await conn.execute("update organization set tier = 'partner' where id = $1", fleet.org)
        project_id = await seeds.project(conn, fleet.org)
        app = await seeds.app(conn, fleet.org, project_id, web_domain="shop.example")
    flood = Flood(http, app)
    flooding = asyncio.create_task(flood.run())
    try:
        await post(fleet, records, project_id, "before")
        assert await eventually(lambda: goes_on(flooding, flood.refused))
        # The flood continues meanwhile.
        for name in ("while", "closed"):
            await post(fleet, records, project_id, name)
        assert int(flood.refused[-1].headers["Retry-After"]) > 1
        assert await used(fleet) < SIZE
        before = len(flood.accepted)
        assert await stored(fleet) >= flood.accepted
        flood.days = 0
        await make_room(fleet)
        assert await eventually(lambda: goes_on(flooding, [*flood.accepted][before:]))
        await post(fleet, records, project_id, "after")
    finally:
        flooding.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await flooding
    assert await used(fleet) < SIZE


async def goes_on(flooding: asyncio.Task[None], found: list[Any]) -> bool:
    """Return whether anything was found. Raises the error of an ended flood."""
    if flooding.done():
        flooding.result()
    return bool(found)


async def post(fleet: Fleet, records: platform.Records, project_id: Any, name: str) -> None:
    """Schedule a few posts on an account, and wait until they are published."""
    async with fleet.pool.acquire() as conn:
        account_id = await seeds.account(
            conn, fleet.org, project_id, handle=name, platform="bluesky", external_id=f"did:plc:{name}",
            service_url=f"http://{records.host}", grant=TokenGrant(access_token="token"),
        )  # fmt: skip
        for number in range(POSTS):
            content_id = await seeds.content(conn, fleet.org, project_id, caption=f"{name} {number}")
            await seeds.post(conn, fleet.org, content_id, account_id)

    async def are_out() -> bool:
        return sorted(records.texts(f"did:plc:{name}")) == [f"{name} {number}" for number in range(POSTS)]

    assert await eventually(are_out)


async def used(fleet: Fleet) -> int:
    async with fleet.pool.acquire() as conn:
        return (await disk.measure_disk_use_of_databases_and_wal(conn)).used_bytes


async def stored(fleet: Fleet) -> set[str]:
    """Return the ids of all events; assert that none is stored twice."""
    rows = await fleet.pool.fetch("select event_id from event")
    found = [row["event_id"] for row in rows]
    assert len(found) == len({*found})
    return {*found}


async def make_room(fleet: Fleet) -> None:
    """Drop the table of the events' day, as retention does."""
    before = datetime.now(UTC).date() - timedelta(days=DAYS - 1)

    async def none_is_left() -> bool:
        with contextlib.suppress(Exception):
            return bool(await fleet.pool.fetchval("select drop_event_day($1)", before) == 0)
        return False

    assert await eventually(none_is_left)
