"""A project with an account, posts on their way to it, and workers that live as long as a test lets them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import asyncpg

from db.pool import Conn, Pool, transact
from domain import jobs, upkeep
from domain.media.store import Store
from jobs.courier import Courier
from jobs.kinds import PUBLISH_POST, Kind
from jobs.ledger import Settlement
from schemas.settings import Settings
from tests import seeds
from tests.waiting import eventually
from tests.workers.crew import Crew
from tests.workers.sending.scripted import Died, Scripted
from workers.context import Context
from workers.desk import Attempt, Lost
from workers.platforms.registry import Platforms
from workers.reports import Reports
from workers.runner import Task, judge
from workers.tasks.publish_post import publish_post
from workers.tasks.reconcile_post import reconcile_post

T = TypeVar("T")
FUTURE = datetime.max.replace(tzinfo=UTC)


class Mortal(Context):
    """Dies before or after its n-th transaction."""

    fuse: int | None = None
    after = False

    def _burn(self) -> bool:
        if self.fuse is None:
            return False
        self.fuse -= 1
        return self.fuse == 0

    async def step(self, body: Callable[[Conn], Awaitable[T]], **given: bool) -> T:
        return await self._mortal(partial(super().step, body, **given))

    async def commit(self, body: Any, **given: Any) -> Any:
        return await self._mortal(partial(super().commit, body, **given))

    async def _mortal(self, way: Callable[[], Awaitable[T]]) -> T:
        burnt = self._burn()
        if burnt and not self.after:
            raise Died
        done = await way()
        if burnt:
            raise Died
        return done


@dataclass
class Stage:
    pool: Pool
    settings: Settings
    courier: Courier
    org: UUID
    project_id: UUID
    account_id: UUID
    store: Store
    platform: Scripted = field(default_factory=Scripted)
    lease_left_s: float = 15.0

    @property
    def platforms(self) -> Platforms:
        adapters = {"mastodon": self.platform, "bluesky": self.platform}
        return Platforms(adapters, self.platform, seeds.VAULT, self.store, "http://127.0.0.1:8000")

    @property
    def task(self) -> Task:
        return partial(publish_post, platforms=self.platforms)

    @property
    def asking(self) -> Task:
        return partial(reconcile_post, platforms=self.platforms)

    async def do(self, verb: Callable[..., Awaitable[T]], /, **given: Any) -> T:
        return await transact(self.pool, lambda conn: verb(conn, organization_id=self.org, **given))

    async def account(self, **fields: Any) -> UUID:
        async with self.pool.acquire() as conn:
            return await seeds.account(conn, self.org, self.project_id, **fields)

    async def post(self, caption: str = "hello", *, account_id: UUID | None = None, ago_s: float = 0) -> UUID:
        """Due now, or `ago_s` seconds before."""
        async with self.pool.acquire() as conn:
            content_id = await seeds.content(conn, self.org, self.project_id, caption=caption)
            post_id = await seeds.post(conn, self.org, content_id, account_id or self.account_id)
        await self.move(post_id, ago_s)
        return post_id

    async def move(self, post_id: UUID, ago_s: float) -> None:
        await self.pool.execute(
            "update scheduled_post set scheduled_for = now() - $2 * interval '1 second' where id = $1",
            post_id,
            float(ago_s),
        )

    # One attempt at a time, by hand

    async def attempt(
        self, *, kind: Kind = PUBLISH_POST, fuse: int | None = None, after: bool = False
    ) -> str | None:
        """Pull a job, work on it, settle it; what it came to. None: nothing was due. `died`: and rescued."""
        async with self.pool.acquire() as conn:
            claims = await seeds.claims(conn, kind, free=1)
        if not claims:
            return None
        attempt = Attempt(claims[0], asyncio.get_running_loop().time() + kind.timeout_s)
        context = Mortal(attempt, self.pool, Reports(self.pool), lambda: self.lease_left_s)
        context.fuse, context.after = fuse, after
        try:
            verdict = await judge(self.task if kind is PUBLISH_POST else self.asking, context, attempt)
        except Died:
            await self.rescue()
            return "died"
        if attempt.committed:
            return attempt.committed
        if isinstance(verdict, Lost):
            return verdict.word
        [moved] = await jobs.settle(self.pool, [Settlement(claims[0], verdict)])
        return "canceled" if moved.state == "canceled" else verdict.word

    async def rescue(self) -> None:
        async with self.pool.acquire() as conn:
            await conn.execute("update worker set lease_expires_at = now() - interval '1 second'")
            await upkeep.rescue(conn, before=FUTURE)

    async def skip_waits(self) -> None:
        """Whatever waits for a time: that time has come."""
        await self.pool.execute(
            "update job set run_at = now(), stage = 'queued' where state = 'queued' and kind = 'publish_post'"
        )
        await self.pool.execute("update scheduled_post set not_before = now() where not_before is not null")
        await self.pool.execute(
            "update social_account set cooldown_until = now() where cooldown_until is not null"
        )

    async def skip_to_asking(self) -> None:
        """The next ask after a post whose answer was lost is due."""
        await self.pool.execute(
            """update job set run_at = now(), stage = 'queued'
                where kind = 'reconcile_post' and state = 'queued'"""
        )

    async def attempts(self, most: int = 12) -> list[str]:
        """Until no job of a post is left; what each came to."""
        words: list[str] = []
        while len(words) < most and (word := await self.attempt()):
            words.append(word)
            await self.skip_waits()
        return words

    # Real workers

    @asynccontextmanager
    async def working(self, **settings: Any) -> AsyncIterator[Any]:
        crew = Crew(self.settings, self.pool, self.org, self.courier)
        async with crew.working(self.task, kind=PUBLISH_POST, **settings) as worker:
            yield worker

    async def becomes(self, post_id: UUID, status: str, *, within: float = 10) -> asyncpg.Record:
        async def is_so() -> bool:
            return bool((await self.row(post_id))["status"] == status)

        await eventually(is_so, within=within)
        return await self.row(post_id)

    # What is there

    async def row(self, post_id: UUID) -> asyncpg.Record:
        row = await self.pool.fetchrow("select * from scheduled_post where id = $1", post_id)
        assert row is not None
        return row

    async def job(self, post_id: UUID) -> asyncpg.Record:
        row = await self.pool.fetchrow(
            "select j.* from job j join scheduled_post p on p.job_id = j.id where p.id = $1", post_id
        )
        assert row is not None
        return row

    async def events(self, post_id: UUID) -> list[str]:
        rows = await self.pool.fetch("select type from post_event where post_id = $1 order by id", post_id)
        return [row["type"] for row in rows]

    async def jobs(self, kind: Kind) -> list[asyncpg.Record]:
        return await self.pool.fetch("select * from job where kind = $1 order by id", kind.name)

    async def sends(self) -> int:
        return int(await self.pool.fetchval("select count(*) from account_send"))

    def records(self, post_id: UUID) -> int:
        return self.platform.live[str(post_id)]

    async def open_jobs(self) -> int:
        return int(
            await self.pool.fetchval(
                "select count(*) from job where kind = 'publish_post' and finished_at is null"
            )
        )


async def hours_pass(stage: Stage, hours: float) -> None:
    """As if all that has happened had happened so long before."""
    await stage.pool.execute(
        "update scheduled_post set scheduled_for = scheduled_for - $1::interval, sent_at = sent_at - $1",
        timedelta(hours=hours),
    )
