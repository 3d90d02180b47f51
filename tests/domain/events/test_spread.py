"""Event store spread over four servers by project: it behaves as on one, and no statement needs two."""

import asyncio
import random
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from db.migrate import migrate_databases
from db.pool import Conn
from db.server import LocalServer
from domain.events import partitions, purge, rollups
from domain.events.event import Event
from domain.events.tail import EventTail, EventTailFilter
from tests import servers as made
from tests.domain.events import racing
from tests.domain.events.sending import NOW, fold_all, stored, take, wrong_counts
from tests.domain.events.spreading import PROJECTS, Router, Spread, home, numbers_of, routed, spread, spread_event

pytestmark = pytest.mark.long

SERVERS, NUMBERS, WRITERS = 4, 2_000, 4
AT_ONCE = timedelta(0)

TABLES = ("event", "event_seen", "event_delta", "event_rollup", "event_rollup_hour")
EMPTY = "; ".join(f"delete from {table}" for table in TABLES)


@pytest.fixture(scope="module")
def four() -> Iterator[list[LocalServer]]:
    with made.scratch() as folder, made.several_postgres(Path(folder), SERVERS) as started:
        yield started


@pytest_asyncio.fixture
async def urls(four: list[LocalServer], database_url: str) -> list[str]:
    """Return the URLs of their empty stores with one open generation; the main database is elsewhere."""
    for server in four:
        await migrate_databases(database_url, server.url)
    async with spread([server.url for server in four]) as found, found.each() as conns:
        for conn in conns:
            await conn.execute(EMPTY)
    return [server.url for server in four]


@pytest_asyncio.fixture
async def store(urls: list[str]) -> AsyncIterator[Spread]:
    async with spread(urls) as found:
        yield found


async def test_each_id_is_stored_once_on_its_projects_server(urls: list[str], store: Spread) -> None:
    """Under folds, rotations of single servers, and terminated writers."""
    done, acknowledged = asyncio.Event(), list[int]()
    batches = [[[_spread(event) for event in events] for events in share] for share in racing.batches(1, NUMBERS)]
    count = sum(map(len, batches))
    async with AsyncExitStack() as stack:
        routers = [await stack.enter_async_context(routed(urls)) for _ in range(WRITERS)]
        others = asyncio.gather(
            *[racing.rotate_twice(pool, lambda: len(acknowledged) / count) for pool in store.pools],
            *[racing.disturb(pool, done, seed) for seed, pool in enumerate(store.pools)],
        )
        await asyncio.gather(*_writing(routers, batches, acknowledged))
        done.set()
        await others
    async with store.each() as conns:
        for server, conn in enumerate(conns):
            await fold_all(conn)
            assert await stored(conn) == sorted(numbers_of(SERVERS, server, NUMBERS))
            assert await wrong_counts(conn) == []
            assert await strangers(conn, server) == []


def _spread(sent: Event) -> Event:
    return sent._replace(project_id=spread_event(sent.event_key.int).project_id)


def _writing(
    routers: list[Router], batches: list[list[list[Event]]], acknowledged: list[int]
) -> Iterator[Coroutine[Any, Any, None]]:
    for number, share in enumerate(batches):
        queue = iter(enumerate(share))
        for _ in range(2):
            yield racing.write(routers[number % len(routers)], queue, acknowledged.append)


async def strangers(conn: Conn, server: int) -> list[UUID]:
    """Return projects with rows on a wrong server."""
    found: set[UUID] = set()
    for table in TABLES:
        found |= {row[0] for row in await conn.fetch(f"select distinct project_id from {table}")}
    return [project_id for project_id in found if home(project_id, SERVERS) != server]


async def test_project_needs_only_its_server(four: list[LocalServer], urls: list[str], store: Spread) -> None:
    """The other servers are stopped meanwhile."""
    dice = random.Random(1)
    project_id = dice.choice(PROJECTS)
    own = home(project_id, SERVERS)
    for server, pool in enumerate(store.pools):
        if server != own:
            pool.terminate()
            four[server].stop()
    try:
        async with routed([urls[own]]) as router, store.of(project_id).acquire() as conn:
            await _live(router, conn, project_id)
    finally:
        for server in range(SERVERS):
            if server != own:
                four[server].start()


async def _live(router: Router, conn: Conn, project_id: UUID) -> None:
    """Run all operations on events of a project, and of the store's tables."""
    followed = EventTail(EventTailFilter(project_id, back=timedelta(days=2)))
    await followed.begin(conn)
    sent = [spread_event(number)._replace(project_id=project_id) for number in range(50)]
    assert await take(router, sorted(sent)) == (50, 0)
    assert len(await followed.look(conn)) == 50
    assert await rollups.fold_event_counts(conn) > 0
    await rollups.rebuild_event_counts(conn, project_id=project_id, day=NOW.date())
    await fold_all(conn)
    assert await wrong_counts(conn) == []
    assert await partitions.rotate_event_id_generation(conn, age=AT_ONCE) == 1
    assert await take(router, sorted(sent)) == (0, 50)
    assert await partitions.create_event_day_tables(conn) == 0
    while await purge.purge_project_batch(conn, project_id=project_id):
        pass
    assert await stored(conn) == []
