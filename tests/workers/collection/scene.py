"""A project with an account on a scripted platform, and collection runs one at a time."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

import asyncpg

from db.pool import Pool
from domain.collection import collection_runs
from domain.collection.collection_runs import PostDueForMetricPolling
from domain.publishing.outgoing import PostingAccountWithAccessToken
from jobs.kinds import COLLECT_METRICS_KIND
from jobs.ledger import JobClaim
from schemas.metrics import CollectedMetric
from tests import seeds
from tests.workers import by_hand
from tests.workers.by_hand import Death
from workers.platforms.collecting import CollectedMetricValues, MetricsPostLimitsPerCallAndRun, PlatformMetricsCollector
from workers.tasks.collect_metrics import PlatformCollectors, collect_metrics

TABLES = {
    "scheduled_post": ("published_at",),
    "post_collection": ("asked_at", "due_at"),
    "account_collection": ("asked_at",),
    "metric_snapshot": ("at",),
    "social_account": ("collect_at", "cooldown_until", "disconnected_at"),
}


@dataclass
class ScriptedCollector(PlatformMetricsCollector):
    """Collector that returns `posts` by their external ids. A call first raises the next of `faults`, if any.

    A call with a post in `spoiled` always raises that post's.
    """

    limits: ClassVar[MetricsPostLimitsPerCallAndRun] = MetricsPostLimitsPerCallAndRun(batch=2, most=5)
    told: dict[str, CollectedMetricValues] = field(default_factory=dict)
    people: int | None = 10
    faults: list[BaseException | None] = field(default_factory=list)
    spoiled: dict[str, BaseException] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    meanwhile: Callable[[], Awaitable[object]] | None = None

    async def read_post_metrics(
        self, account: PostingAccountWithAccessToken, posts: Sequence[PostDueForMetricPolling]
    ) -> Mapping[UUID, CollectedMetricValues]:
        self.asked.append([post.external_id for post in posts])
        await self._fail(account)
        for post in posts:
            if fault := self.spoiled.get(post.external_id):
                raise fault
        return {post.id: self.told[post.external_id] for post in posts if post.external_id in self.told}

    async def read_follower_count(self, account: PostingAccountWithAccessToken) -> int | None:
        await self._fail(account)
        return self.people

    async def _fail(self, account: PostingAccountWithAccessToken) -> None:
        self.tokens.append(account.access_token)
        if self.meanwhile:
            await self.meanwhile()
        fault = self.faults.pop(0) if self.faults else None
        if fault:
            raise fault


@dataclass
class CollectionScene:
    pool: Pool
    org: UUID
    id: UUID
    account_id: UUID
    platform: ScriptedCollector = field(default_factory=ScriptedCollector)

    async def post(self, name: str, *, hours: float = 0, account_id: UUID | None = None) -> UUID:
        """Add a post published `hours` ago under this name."""
        async with self.pool.acquire() as conn:
            content_id = await seeds.content(conn, self.org, self.id, caption=name)
            post_id = await seeds.post(conn, self.org, content_id, account_id or self.account_id)
            await conn.execute("delete from job where kind = 'publish_post'")
            await conn.execute(
                """update scheduled_post
                      set status = 'published', external_id = $2, published_at = now() - $3::interval
                    where id = $1""",
                post_id, name, timedelta(hours=hours),
            )  # fmt: skip
        return post_id

    async def pass_time(self, hours: float) -> None:
        """Move all timestamps into the past by `hours`."""
        for table, columns in TABLES.items():
            moved = ", ".join(f"{column} = {column} - $1::interval" for column in columns)
            await self.pool.execute(f"update {table} set {moved}", timedelta(hours=hours))

    async def look(self) -> int:
        """Run the dispatcher's scan until no account is due; return the number of due accounts."""
        total = 0
        async with self.pool.acquire() as conn:
            while came := await collection_runs.submit_due_metric_collections(conn):
                total += came
        return total

    async def claims(self, free: int = 20) -> list[JobClaim]:
        async with self.pool.acquire() as conn:
            return await seeds.claims(conn, COLLECT_METRICS_KIND, free=free)

    async def perform(self, claim: JobClaim, death: Death | None = None) -> str:
        """Run and settle one attempt; return its outcome."""
        platforms = dict.fromkeys(("mastodon", "bluesky"), self.platform)
        task = partial(collect_metrics, collectors=PlatformCollectors(platforms, seeds.VAULT))
        return await by_hand.run(self.pool, claim, COLLECT_METRICS_KIND, task, death)

    async def visit(self, death: Death | None = None) -> list[str]:
        """Run a scan, then an attempt of each submitted job."""
        await self.look()
        return [await self.perform(claim, death) for claim in await self.claims()]

    async def values(self, subject_id: UUID, metric: CollectedMetric = "views") -> list[tuple[int, int | None]]:
        """Return the snapshots of a post's or the account's metric: each value with its difference."""
        rows = await self.pool.fetch(
            "select value, delta from metric_snapshot where subject_id = $1 and metric = $2 order by at",
            subject_id, metric,
        )  # fmt: skip
        return [tuple(row) for row in rows]

    async def account(self, account_id: UUID | None = None) -> asyncpg.Record:
        row = await self.pool.fetchrow(
            """select a.status, extract(epoch from a.collect_at - now())::float8 as in_s, c.asked_at,
                      c.failures, c.error
                 from social_account a left join account_collection c on c.account_id = a.id
                where a.id = $1""",
            account_id or self.account_id,
        )
        assert row is not None
        return row

    async def count(self, sql: str, *given: Any) -> int:
        return int(await self.pool.fetchval(f"select count(*) from {sql}", *given))
