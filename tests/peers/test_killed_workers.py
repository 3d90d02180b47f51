"""A worker killed, or a Redis emptied, at any point: each server has one post each."""

import itertools
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from db.pool import Conn
from domain.jobs import timelines
from domain.publishing.failures import POST_MAYBE_UNDER_WAY_ERROR
from jobs.courier import wake_queue_key
from jobs.kinds import PUBLISH_POST_KIND
from schemas.settings import Settings
from tests import seeds
from tests import servers as made
from tests.chaos.fleet import LONG_S, Fleet, Process, open_fleet
from tests.chaos.platform import serving
from tests.chaos.posts import check
from tests.chaos.publisher import ACCEPTED, ANSWERED, BEFORE_MARK, CALLED, MARKED
from tests.peers.leaks import Ear, leaked, listening
from tests.peers.new_accounts import AccountServer, NewAccount, on_pds, on_records, on_snac
from tests.peers.proxy import Loss, LossyProxy, Rule, between
from tests.waiting import eventually

#: One waits for its time, one for a worker with a free slot.
LATER, IN_LINE = "later", "in_line"
PAUSED = (BEFORE_MARK, MARKED)
#: No post waits longer than this for its time or for a conclusive lookup.
WHILE = timedelta(minutes=1)


class PostProgress(NamedTuple):
    """A post's phase and its job's state, or before `running` the job's stage."""

    phase: str | None
    job: str


WAITS, LINES_UP = PostProgress(None, "scheduled"), PostProgress(None, "queued")
CLAIMED = PostProgress(None, "running")
SENDING, TAKEN = PostProgress("sending", "running"), PostProgress("accepted", "running")

#: Expected stages of the posts at the worker's kill.
KILLED = {BEFORE_MARK: CLAIMED, MARKED: SENDING, CALLED: SENDING, ANSWERED: SENDING, ACCEPTED: TAKEN}
#: Expected stages of the posts when Redis is emptied.
EMPTIED = {LATER: WAITS, IN_LINE: LINES_UP, BEFORE_MARK: CLAIMED, MARKED: SENDING}

STAGES = """
select a.handle, p.phase, case j.state when 'queued' then j.stage else j.state end as job
  from scheduled_post p join job j on j.id = p.job_id join social_account a on a.id = p.social_account_id"""
LOOKED_FOR = f"{STAGES} where j.state = 'queued' and p.last_error->>'code' = $1"
#: Move the times of posts, and of their jobs.
PASS_BY = [
    """update scheduled_post p set scheduled_for = p.scheduled_for - $1::interval, sent_at = p.sent_at - $1
         from social_account a where a.id = p.social_account_id and a.handle = any($2)""",
    """update job j set run_at = j.run_at - $1::interval
         from scheduled_post p join social_account a on a.id = p.social_account_id
        where p.job_id = j.id and a.handle = any($2)""",
]


@pytest_asyncio.fixture(
    params=[
        pytest.param("records", marks=pytest.mark.chaos),
        *(pytest.param(name, marks=pytest.mark.peers) for name in ("pds", "snac")),
    ]
)
async def peer(request: pytest.FixtureRequest) -> AsyncIterator[AccountServer]:
    if request.param == "records":
        async with serving() as records:
            yield on_records(records)
    else:
        server = request.getfixturevalue(request.param)
        yield on_pds(server) if request.param == "pds" else on_snac(server)


class KillScene(msgspec.Struct, frozen=True):
    """A fleet with workers behind a proxy, and the accounts by handle."""

    fleet: Fleet
    proxy: LossyProxy
    ear: Ear
    accounts: dict[str, NewAccount]

    async def publisher(self, **settings: Any) -> Process:
        """Start a worker that keeps waiting for a held call: its timeout is part of the worker's lease."""
        return await self.fleet.publisher(lease_s=LONG_S, **settings)

    async def post(self, handles: Iterable[str], *, after: timedelta = timedelta()) -> None:
        """Schedule a post on each account, by its handle."""
        async with self.fleet.pool.acquire() as conn:
            project_id = await seeds.project(conn, self.fleet.org)
            for handle in handles:
                account_id = await self.connect(conn, project_id, handle)
                content_id = await seeds.content(conn, self.fleet.org, project_id, caption=caption(handle))
                at = datetime.now(UTC) + after
                await seeds.post(conn, self.fleet.org, content_id, account_id, at=at)

    async def connect(self, conn: Conn, project_id: UUID, handle: str) -> UUID:
        account = self.accounts[handle]
        fields = msgspec.structs.asdict(account.account)
        del fields["access_token"]
        fields |= {"handle": handle, "service_url": self.proxy.base, "grant": account.grant}
        return await seeds.account(conn, self.fleet.org, project_id, **fields)

    async def stages(self) -> dict[str, PostProgress]:
        rows = await self.fleet.pool.fetch(STAGES)
        return {row["handle"]: PostProgress(row["phase"], row["job"]) for row in rows}

    async def settle(self, handles: Iterable[str]) -> None:
        """Wait until these posts were looked up and wait for a conclusive lookup."""
        wanted = {*handles}

        async def all_wait() -> bool:
            rows = await self.fleet.pool.fetch(LOOKED_FOR, POST_MAYBE_UNDER_WAY_ERROR.code)
            return wanted <= {row["handle"] for row in rows}

        await eventually(all_wait)
        await self.let_pass(wanted)

    async def let_pass(self, handles: Iterable[str]) -> None:
        """Move the posts' times, so that they become due."""
        for pass_by in PASS_BY:
            await self.fleet.pool.execute(pass_by, WHILE, [*handles])

    async def published(self) -> None:
        async def all_are() -> bool:
            question = "select bool_and(status = 'published') from scheduled_post"
            return bool(await self.fleet.pool.fetchval(question))

        await eventually(all_are)

    def texts(self) -> dict[str, list[str]]:
        return {handle: account.texts() for handle, account in self.accounts.items()}

    async def timelines(self) -> list[list[dict[str, Any]]]:
        """Return the timelines of all posts, as the API shows them."""
        async with self.fleet.pool.acquire() as conn:
            posts = [row["id"] for row in await conn.fetch("select id from scheduled_post")]
            found = [
                await timelines.list_post_timeline(conn, organization_id=self.fleet.org, post_id=post_id)
                for post_id in posts
            ]
        return [msgspec.json.decode(msgspec.json.encode(each)) for each in found]

    async def leaked(self) -> list[str]:
        secrets = [secret for account in self.accounts.values() for secret in account.secrets]
        logs = "\n".join(process.log.read_text() for process in self.fleet.processes)
        return await leaked(secrets, pool=self.fleet.pool, ear=self.ear, logs=logs)


@asynccontextmanager
async def playing(
    peer: AccountServer, settings: Settings, folder: Path, handles: Iterable[str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[KillScene]:
    monkeypatch.setenv("CHAOS_FOLDER", str(folder))
    accounts = {handle: await peer.join() for handle in handles}
    async with between(peer.port, holding(caption(CALLED))) as proxy, listening(settings.redis_url) as ear:
        ours = msgspec.structs.replace(
            settings, fetch_allow=proxy.base.removeprefix("http://"), assets_url=f"file://{folder / 'media'}"
        )
        async with open_fleet(ours, folder) as fleet:
            scene = KillScene(fleet, proxy, ear, accounts)
            yield scene
            assert await scene.leaked() == []


def caption(handle: str) -> str:
    return f"at {handle}"


def holding(words: str) -> Rule:
    """Hold the response of the first call with these words."""
    losses = itertools.chain([Loss.TIME], itertools.repeat(Loss.NOTHING))
    return lambda _, body: next(losses) if words.encode() in body else Loss.NOTHING


async def test_worker_killed_at_five_points_publishes_each_post_once(
    peer: AccountServer, database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills before the mark, before the call, during it, before the response is stored, and once accepted."""
    settings = made.settings_for(database_url, redis_url)
    async with playing(peer, settings, tmp_path, KILLED, monkeypatch) as scene:
        await scene.fleet.dispatcher()
        first = await scene.publisher()
        await scene.post(KILLED)
        await scene.fleet.appeared({*KILLED} - {CALLED})
        await scene.proxy.holds.wait()
        first.kill()
        assert await scene.stages() == KILLED
        await scene.fleet.bury(first)
        scene.fleet.go()
        await scene.publisher()
        await scene.settle(peer.settling)
        await scene.published()
        assert scene.texts() == {point: [caption(point)] for point in KILLED}
        found = await scene.timelines()
        assert len(found) == len(KILLED)
        for timeline in found:
            check(timeline)
            words = Counter(entry["type"] for entry in timeline)
            # Where the same bytes make a second post, a call is repeated only after its absence is proved.
            assert words["call"] - words["not_sent"] == 1 or not peer.settling, timeline
            assert timeline[-2]["type"] == "published", timeline
            assert [entry.get("outcome") for entry in timeline].count("lost") == 1, timeline


async def test_redis_emptied_in_each_phase_publishes_each_post_once(
    peer: AccountServer, own_servers: made.ServerPair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A waiting post's wake-up message is lost too."""
    settings = made.settings_for(own_servers.postgres.url, own_servers.valkey.url)
    async with playing(peer, settings, tmp_path, EMPTIED, monkeypatch) as scene:
        await scene.fleet.dispatcher()
        await scene.publisher(slots=2 * len(PAUSED))
        await scene.post(PAUSED)
        await scene.fleet.appeared(PAUSED)
        await scene.post([LATER], after=WHILE)
        await scene.post([IN_LINE])
        async with Redis.from_url(settings.redis_url) as client:
            await eventually(lambda: client.exists(wake_queue_key(PUBLISH_POST_KIND.pool)))
            assert await scene.stages() == EMPTIED
            await client.flushall()
        scene.fleet.go()
        await scene.let_pass([LATER])
        await scene.published()
        assert scene.texts() == {handle: [caption(handle)] for handle in EMPTIED}
