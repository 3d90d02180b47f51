"""Posts whose worker is killed, or whose Redis is emptied, at every point: one record each."""

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio
import redis

from tests import seeds
from tests.chaos.fleet import Fleet
from tests.chaos.platform import Records, serving
from tests.chaos.publisher import ACCEPTED, ANSWERED, BEFORE_MARK, CALLED, MARKED
from tests.servers import Servers
from tests.waiting import eventually

pytestmark = pytest.mark.chaos


@pytest_asyncio.fixture
async def records() -> AsyncIterator[Records]:
    async with serving() as served:
        yield served


def aim(fleet: Fleet, records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fleet's workers may post to these records."""
    monkeypatch.setenv("CHAOS_FOLDER", str(fleet.folder))
    fleet.settings = msgspec.structs.replace(
        fleet.settings, fetch_allow=records.host, assets_url=f"file://{fleet.folder / 'media'}"
    )


async def post(fleet: Fleet, records: Records, points: Iterable[str], *, in_s: float = 0) -> list[UUID]:
    """One of an account of its own for each point."""
    at = datetime.now(UTC) + timedelta(seconds=in_s)
    async with fleet.pool.acquire() as conn:
        project_id = await seeds.project(conn, fleet.org)
        made = []
        for point in points:
            server: dict[str, Any] = {"service_url": f"http://{records.host}"}
            server["external_id"] = f"did:plc:{point}"
            account_id = await seeds.account(
                conn, fleet.org, project_id, handle=point, platform="bluesky", **server
            )
            content_id = await seeds.content(conn, fleet.org, project_id, caption=f"at {point}")
            made.append(await seeds.post(conn, fleet.org, content_id, account_id, at=at))
    return made


async def reached(fleet: Fleet, points: Iterable[str]) -> None:
    async def all_left() -> bool:
        return {*points} <= fleet.left()

    await eventually(all_left)


async def published(fleet: Fleet, posts: Iterable[UUID], *, within: float = 12) -> None:
    async def all_are() -> bool:
        question = "select bool_and(status = 'published') from scheduled_post where id = any($1)"
        return bool(await fleet.pool.fetchval(question, [*posts]))

    await eventually(all_are, within=within)


async def test_killed_at_five_points(fleet: Fleet, records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it is marked, before the call, during it, before the answer is written down, once accepted."""
    aim(fleet, records, monkeypatch)
    points = [BEFORE_MARK, MARKED, CALLED, ANSWERED, ACCEPTED]
    records.held.add(f"did:plc:{CALLED}")
    await fleet.dispatcher()
    first = await fleet.publisher()
    posts = await post(fleet, records, points)
    await reached(fleet, {*points} - {CALLED})

    async def is_called() -> bool:
        return f"did:plc:{CALLED}" in records.repos

    await eventually(is_called)
    first.kill()
    phases = await fleet.pool.fetch("select phase, count(*) from scheduled_post group by 1")
    assert {row["phase"]: row["count"] for row in phases} == {"preparing": 1, "sending": 3, "accepted": 1}
    fleet.go()
    records.let_go()
    await fleet.publisher()
    await published(fleet, posts)
    assert {name: len(keys) for name, keys in records.repos.items()} == {
        f"did:plc:{point}": 1 for point in points
    }
    assert records.puts > len(points)


async def test_redis_emptied_while_posts_wait_are_claimed_and_are_sent(
    own_fleet: Fleet, own_servers: Servers, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    aim(own_fleet, records, monkeypatch)
    await own_fleet.dispatcher()
    await own_fleet.publisher()
    posts = await post(own_fleet, records, [BEFORE_MARK, MARKED])
    posts += await post(own_fleet, records, ["later"], in_s=1.5)
    await reached(own_fleet, [BEFORE_MARK, MARKED])
    with redis.Redis.from_url(own_servers.valkey.url) as client:
        client.flushall()
    own_fleet.go()
    await published(own_fleet, posts)
    assert [len(keys) for keys in records.repos.values()] == [1, 1, 1]
