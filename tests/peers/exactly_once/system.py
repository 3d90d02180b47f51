"""The system under test: Postgres and Redis, an API that serves files, both platforms, and a shared clock.

The database has its own `now()`, which a run can advance: anything that waits for a time, in the product or
on a platform, becomes due immediately.
"""

import itertools
import os
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import msgspec

from db.migrate import migrate_databases
from db.pool import Conn, Pool, open_postgres_pool, run_in_transaction, use_unpooled_pg_connection
from domain.accounts.credentials import TokenGrant
from schemas import ids
from schemas.settings import Settings
from tests import api_process, seeds
from tests import servers as made
from tests.api.conftest import new_key
from tests.peers.exactly_once.shapes import SHAPES, Shape
from tests.peers.simulators import instagram_user, tiktok_user
from tests.peers.simulators.client import Sim, visiting
from tests.peers.simulators.instagram import Instagram
from tests.peers.simulators.serving import served
from tests.peers.simulators.simulator import Simulator
from tests.peers.simulators.tiktok import TikTok
from tests.waiting import PATIENCE_S

#: Shadows Postgres' own functions, so that all statements, defaults and triggers use this clock.
CLOCK = """
create schema clock;
create table clock.ahead as select interval '0' as by;
create function clock.now() returns timestamptz stable language sql
  as 'select pg_catalog.now() + by from clock.ahead';
create function clock.clock_timestamp() returns timestamptz volatile language sql
  as 'select pg_catalog.clock_timestamp() + by from clock.ahead';
"""
#: Concurrent jobs of one organization.
AT_ONCE = 1000
#: The minimal age at which an Instagram token can be extended.
AGED_S = 2 * 86_400.0
TIKTOK_S, INSTAGRAM_S = 86_400, 60 * 86_400
#: Address of a platform that doesn't run.
NOWHERE = "http://127.0.0.1:9"
SIMULATED: Mapping[str, type[Simulator]] = {"tiktok": TikTok, "instagram": Instagram}
#: Moderation takes long enough that the first status query is never the last.
SLOW: Mapping[str, Mapping[str, float]] = {"tiktok": {"moderation_s": 300}, "instagram": {}}
#: Numbers of this process's databases, so that a leftover of a hung run doesn't collide.
NUMBERS = itertools.count()
CAPTION = "Fresh bread today."


class PlayedPost(NamedTuple):
    """A post, and its account's name on the platform."""

    post_id: UUID
    account_id: UUID
    username: str


class System:
    """`sims` are the platforms, `contents` the content by shape; `http` calls the API as its partner.

    `prompt`: the platform finishes background work before it responds.
    """

    def __init__(
        self, settings: Settings, pool: Pool, http: httpx.AsyncClient, simulators: Mapping[str, Simulator]
    ) -> None:
        self.settings, self.pool, self.http, self.simulators = settings, pool, http, simulators
        self.sims: dict[str, Sim] = {}
        self.contents: dict[str, UUID] = {}
        self.org = self.project_id = UUID(int=0)
        self.prompt = False
        self._told: dict[str, float] = {}
        self._numbers = itertools.count(1)

    # Time

    async def now(self) -> datetime:
        at = await self.pool.fetchval("select clock_timestamp()")
        assert isinstance(at, datetime)
        return at

    async def advance(self, seconds: float, *, alive: bool = True) -> None:
        """Advance the clocks of the database and the platforms. Returns when the platforms' due work is done.

        A running attempt and the lease of a worker that is `alive` keep their remaining time: otherwise the
        attempt would be lost before its kill. The lock keeps workers from pulling or renewing during the
        jump.
        """
        passed = timedelta(seconds=seconds)

        async def jump(conn: Conn) -> None:
            await conn.execute("lock table worker, job in exclusive mode")
            await conn.execute(
                "update job set attempt_deadline_at = attempt_deadline_at + $1 where state = 'running'", passed
            )
            if alive:
                await conn.execute("update worker set lease_expires_at = lease_expires_at + $1", passed)
            await conn.execute("update clock.ahead set by = by + $1", passed)

        await run_in_transaction(self.pool, jump)
        await self.align()

    async def align(self) -> None:
        """Advance the platforms' clocks to the database's."""
        now = (await self.now()).timestamp()
        for name, sim in self.sims.items():
            await sim.advance(now - self._told[name])
            self._told[name] = now

    async def next_due(self) -> float | None:
        """Return the seconds until a post's next job is due, or None. Collection jobs are left out."""
        left: float | None = await self.pool.fetchval(
            """select extract(epoch from min(run_at) - clock_timestamp())::float8
                 from job where pool = 'publish' and finished_at is null and attempt_started_at is null"""
        )
        return left

    # Content and posts

    async def found(self) -> None:
        """Create the organization, its project, and content of each shape, uploaded by the API.

        The platforms' clocks only move when they are advanced.
        """
        self._told = {name: await sim.now() for name, sim in self.sims.items()}
        async with self.pool.acquire() as conn:
            await conn.execute("update pool_cap set max_running = $1 where pool = 'publish'", AT_ONCE)
            self.org = await seeds.organization(conn)
            self.project_id = await seeds.project(conn, self.org)
        key = await new_key(self.pool, self.org)
        path = f"/v1/projects/{ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, self.project_id)}/content/upload"
        self.http.headers["Authorization"] = f"Bearer {key}"
        for shape in (shape for shape in SHAPES if shape.platform in self.sims):
            files = [("file", (f"{at}", *file)) for at, file in enumerate(shape.files)]
            response = await self.http.post(path, files=[("caption", (None, CAPTION)), *files])
            assert response.is_success, response.text
            self.contents[shape.title] = seeds.parse_id(ids.CONTENT_ID_PREFIX, response.json()["id"])

    async def post(self, shape: Shape, *, in_s: float = 0) -> PlayedPost:
        """Schedule a post on a new account, with an expired token if the shape is `aged`."""
        account_id, username = await self.account(shape)
        async with self.pool.acquire() as conn:
            now = await self.now()
            post_id = await seeds.post(
                conn,
                self.org,
                self.contents[shape.title],
                account_id,
                at=now + timedelta(seconds=in_s),
                mode=shape.mode,
                privacy_level="public" if shape.platform == "tiktok" and shape.mode == "direct" else None,
            )
        return PlayedPost(post_id, account_id, username)

    async def account(self, shape: Shape) -> tuple[UUID, str]:
        """Connect a new person on the platform; return the account id and the username."""
        username = f"p{next(self._numbers)}"
        found = await self._connected(shape, username)
        async with self.pool.acquire() as conn:
            account_id = await seeds.account(
                conn, self.org, self.project_id, handle=username, platform=shape.platform, **found
            )
        return account_id, username

    async def _connected(self, shape: Shape, username: str) -> dict[str, Any]:
        sim = self.sims[shape.platform]
        person = await sim.account(username, **SLOW[shape.platform], **shape.person)
        age_s = AGED_S if shape.aged else 0.0
        await sim.advance(-age_s)
        access, refresh, lives_s = await tokens_of(shape.platform, sim, username)
        await sim.advance(age_s)
        ends = await self.now() + timedelta(seconds=1.0 if shape.aged else lives_s)
        external = person["open_id"] if shape.platform == "tiktok" else person["user_id"]
        return {
            "service_url": sim.base,
            "external_id": external,
            "traits": {},
            "grant": TokenGrant(access_token=access, refresh_token=refresh, expires_at=ends),
        }


async def tokens_of(platform: str, sim: Sim, username: str) -> tuple[str, str | None, float]:
    """Return the access token of a person's consent, its refresh token, and its lifetime in seconds."""
    async with visiting(sim.base) as http:
        if platform == "tiktok":
            user = await tiktok_user.connected(sim, http, username)
            return user.access, user.refresh, TIKTOK_S
        return await instagram_user.long_lived(sim, http, username), None, INSTAGRAM_S


@asynccontextmanager
async def opened(server_url: str, redis_url: str, folder: Path, platforms: Collection[str]) -> AsyncIterator[System]:
    """Open a system with these platforms on a new database, which is dropped at the end."""
    simulators: dict[str, Simulator] = {
        name: SIMULATED[name](rate=0, redirect_uris=[tiktok_user.CALLBACK]) for name in platforms
    }
    async with AsyncExitStack() as stack:
        bases = {name: stack.enter_context(served(each)) for name, each in simulators.items()}
        database_url = await stack.enter_async_context(database(server_url))
        settings = settings_for(database_url, redis_url, folder, bases)
        api = stack.enter_context(api_process.serving(settings, folder / "api.log"))
        settings = msgspec.structs.replace(settings, public_url=api.url)
        pool = await stack.enter_async_context(open_postgres_pool(database_url, name="exactly once"))
        http = httpx.AsyncClient(base_url=api.url, trust_env=False, timeout=PATIENCE_S)
        await stack.enter_async_context(http)
        system = System(settings, pool, http, simulators)
        for name, base in bases.items():
            system.sims[name] = await stack.enter_async_context(Sim(base))
        if "tiktok" in system.sims:
            await system.sims["tiktok"].call("POST", "/app", verified_prefixes=[f"{api.url}/"])
        await system.found()
        yield system


@asynccontextmanager
async def database(server_url: str) -> AsyncIterator[str]:
    """Create a migrated database with its own clock, and drop it at the end, also after a failure."""
    name = f"exactly_once_{os.getpid()}_{next(NUMBERS)}"
    async with use_unpooled_pg_connection(server_url, name="tests") as admin:
        await admin.execute(f"create database {name}")
        try:
            await admin.execute(f"alter database {name} set search_path = clock, public, pg_catalog")
            url = made.with_path(server_url, name)
            async with use_unpooled_pg_connection(url, name="tests") as conn:
                await conn.execute(CLOCK)
            await migrate_databases(url)
            yield url
        finally:
            await admin.execute(f"drop database {name} with (force)")


def settings_for(database_url: str, redis_url: str, folder: Path, bases: Mapping[str, str]) -> Settings:
    tiktok, instagram = (bases.get(name, NOWHERE) for name in ("tiktok", "instagram"))
    return made.settings_for(
        database_url,
        redis_url,
        assets_url=f"file://{folder / 'media'}",
        fetch_allow=",".join(base.removeprefix("http://") for base in bases.values()),
        **tiktok_user.settings(tiktok),
        **instagram_user.settings(instagram),
    )
