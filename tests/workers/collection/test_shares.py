"""A silent platform: its accounts hold a part of the slots, and delay no other accounts."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import ClassVar
from uuid import UUID

from domain.collection.collection_runs import PostDueForMetricPolling
from domain.publishing.outgoing import PostingAccountWithAccessToken
from jobs.courier import open_redis_wake_courier
from jobs.kinds import COLLECT_METRICS_KIND
from schemas.settings import Settings
from tests import seeds
from tests.waiting import eventually
from tests.workers.collection.scene import CollectionScene
from tests.workers.runtime.workers import Workers
from workers.platforms.collecting import CollectedMetricValues, MetricsPostLimitsPerCallAndRun, PlatformMetricsCollector
from workers.tasks.collect_metrics import PlatformCollectors, collect_metrics

SLOTS, HOGS = 8, 12
SILENT = "https://silent.example"


class SlowCollector(PlatformMetricsCollector):
    """Collector that returns accounts of the silent server only once `answers` is set."""

    limits: ClassVar[MetricsPostLimitsPerCallAndRun] = MetricsPostLimitsPerCallAndRun(batch=1, most=1)

    def __init__(self) -> None:
        self.answers, self.held = asyncio.Event(), 0

    async def read_post_metrics(
        self, account: PostingAccountWithAccessToken, posts: Sequence[PostDueForMetricPolling]
    ) -> Mapping[UUID, CollectedMetricValues]:
        return {}

    async def read_follower_count(self, account: PostingAccountWithAccessToken) -> int | None:
        if account.service_url == SILENT:
            self.held += 1
            await self.answers.wait()
            self.held -= 1
        return 1


async def test_accounts_on_a_silent_server_delay_no_other_tenants(scene: CollectionScene, settings: Settings) -> None:
    await scene.pool.execute("update social_account set collect_at = null")
    async with scene.pool.acquire() as conn:
        for number in range(HOGS):
            await seeds.account(conn, scene.org, scene.id, handle=f"shop{number}", service_url=SILENT)
    slow = SlowCollector()
    collectors = PlatformCollectors({"mastodon": slow}, seeds.VAULT)

    async def all_told() -> bool:
        return await scene.count("metric_snapshot") == HOGS + 1

    async with open_redis_wake_courier(settings.redis_url) as courier:
        workers = Workers(settings, scene.pool, scene.org, courier)
        task = partial(collect_metrics, collectors=collectors)
        async with workers.working(task, kind=COLLECT_METRICS_KIND, slots=SLOTS):
            await scene.look()
            await eventually(partial(scene.count, "job where state = 'running'"))
            async with scene.pool.acquire() as conn:
                org = await seeds.organization(conn)
                account = await seeds.account(conn, org, await seeds.project(conn, org))
            await scene.look()
            await eventually(partial(scene.values, account, "followers"))
            assert 0 < slow.held < SLOTS
            slow.answers.set()
            await eventually(all_told)
