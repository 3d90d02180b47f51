"""A worker killed at any point, a Redis emptied at any: Bluesky's own server has one record each."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
import redis

from domain.credentials import Grant
from schemas.settings import Settings
from tests import seeds
from tests import servers as made
from tests.chaos.fleet import Fleet, sailing
from tests.chaos.publisher import ACCEPTED, ANSWERED, BEFORE_MARK, CALLED, MARKED
from tests.dumps import everything
from tests.peers.pds import Pds, Person
from tests.peers.proxy import Loss, Proxy, between
from tests.peers.publishing import outbound
from tests.waiting import eventually
from workers.platforms.bluesky import api

pytestmark = [pytest.mark.peers, pytest.mark.timeout(120)]

POINTS = [BEFORE_MARK, MARKED, CALLED, ANSWERED, ACCEPTED]


class Scene(msgspec.Struct, frozen=True):
    """A fleet whose workers post by way of a proxy, and the person behind each account's handle."""

    fleet: Fleet
    pds: Pds
    proxy: Proxy
    people: dict[str, Person]
    secrets: list[str]

    async def post(self, handles: Iterable[str], *, in_s: float = 0) -> list[UUID]:
        """One of each account, by its handle."""
        at = datetime.now(UTC) + timedelta(seconds=in_s)
        async with outbound(self.pds.base) as client, self.fleet.pool.acquire() as conn:
            project_id = await seeds.project(conn, self.fleet.org)
            posts = []
            for handle in handles:
                person = self.people[handle]
                session = await api.create_session(
                    client, self.pds.base, identifier=person.handle, password=person.app_password
                )
                self.secrets.extend([session.access_jwt, session.refresh_jwt, person.app_password])
                found = {"service_url": self.proxy.base, "external_id": person.did}
                grant = Grant(access_token=session.access_jwt, refresh_token=session.refresh_jwt)
                account_id = await seeds.account(
                    conn, self.fleet.org, project_id, handle=handle, platform="bluesky", grant=grant, **found
                )
                content_id = await seeds.content(conn, self.fleet.org, project_id, caption=f"at {handle}")
                posts.append(await seeds.post(conn, self.fleet.org, content_id, account_id, at=at))
        return posts

    async def reached(self, points: Iterable[str]) -> None:
        wanted = {*points}

        async def all_left() -> bool:
            return wanted <= self.fleet.left()

        await eventually(all_left, within=30)

    async def published(self, posts: list[UUID]) -> None:
        async def all_are() -> bool:
            question = "select bool_and(status = 'published') from scheduled_post where id = any($1)"
            return bool(await self.fleet.pool.fetchval(question, posts))

        await eventually(all_are, within=60)

    def texts(self) -> dict[str, list[str]]:
        return {handle: self.pds.texts(person) for handle, person in self.people.items()}


@asynccontextmanager
async def playing(
    settings: Settings, folder: Path, pds: Pds, handles: Iterable[str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Scene]:
    people = {handle: pds.person() for handle in handles}
    held: set[str] = set()

    def rule(line: str, body: bytes) -> Loss:
        """The first put of the one that is to be killed in its call."""
        did = people[CALLED].did if CALLED in people else ""
        if "putRecord" in line and did and did.encode() in body and did not in held:
            held.add(did)
            return Loss.TIME
        return Loss.NOTHING

    async with between(pds.port, rule) as proxy:
        allowed = f"{settings.fetch_allow},{proxy.base.removeprefix('http://')}"
        async with sailing(msgspec.structs.replace(settings, fetch_allow=allowed), folder) as fleet:
            monkeypatch.setenv("CHAOS_FOLDER", str(folder))
            scene = Scene(fleet, pds, proxy, people, [])
            yield scene
            assert await leaked(scene) == []


async def leaked(scene: Scene) -> list[str]:
    """The tokens that the processes' logs or the database hold in the clear."""
    kept = await everything(scene.fleet.pool)
    kept += " ".join(process.log.read_text() for process in scene.fleet.processes)
    assert scene.secrets
    return [secret for secret in scene.secrets if secret in kept or secret.encode().hex() in kept]


async def test_a_worker_killed_at_five_points_leaves_one_record_each(
    settings: Settings, tmp_path: Path, pds: Pds, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it is marked, before the call, during it, before the answer is written down, once accepted."""
    async with playing(settings, tmp_path, pds, POINTS, monkeypatch) as scene:
        await scene.fleet.dispatcher()
        first = await scene.fleet.publisher()
        posts = await scene.post(POINTS)
        await scene.reached({*POINTS} - {CALLED})
        await scene.proxy.holds.wait()
        first.kill()
        scene.fleet.go()
        await scene.fleet.publisher()
        await scene.published(posts)
        assert scene.texts() == {point: [f"at {point}"] for point in POINTS}


async def test_redis_emptied_while_posts_wait_are_claimed_and_are_sent_leaves_one_record_each(
    own_servers: made.Servers, tmp_path: Path, pds: Pds, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = made.settings_for(own_servers.postgres.url, own_servers.valkey.url)
    ours = msgspec.structs.replace(own, fetch_allow=settings.fetch_allow, assets_url=settings.assets_url)
    handles = [BEFORE_MARK, MARKED, "later"]
    async with playing(ours, tmp_path, pds, handles, monkeypatch) as scene:
        await scene.fleet.dispatcher()
        await scene.fleet.publisher()
        posts = await scene.post([BEFORE_MARK, MARKED])
        posts += await scene.post(["later"], in_s=3)
        await scene.reached([BEFORE_MARK, MARKED])
        with redis.Redis.from_url(own_servers.valkey.url) as client:
            client.flushall()
        scene.fleet.go()
        await scene.published(posts)
        assert scene.texts() == {handle: [f"at {handle}"] for handle in handles}
