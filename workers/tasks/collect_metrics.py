"""Collect the figures of an account's posts and its followers from its platform, and store the changes.

Only the last step writes: the run of a dead attempt is repeated, and writes no second row.
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from typing import NamedTuple

from domain.collection import cadence, visits
from domain.collection.snapshots import Told
from domain.collection.visits import DuePost, Found, Visit
from domain.security.keyring import Keyring
from jobs.outcomes import Canceled, Done, Outcome
from schemas.errors import Conflict, NotSent, PlatformError, Rejected
from telemetry import logs, metrics
from workers.platforms.bluesky.collect import BlueskyCollector
from workers.platforms.collecting import Collector
from workers.platforms.connecting import open_net
from workers.platforms.fakes.collect import FakeCollector, figures_of
from workers.platforms.instagram.collect import InstagramCollector
from workers.platforms.mastodon.collect import MastodonCollector
from workers.platforms.tiktok.collect import TikTokCollector
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task

#: Seconds of a collection run; the next run collects the rest.
VISIT_S = 45.0
#: Posts of a collection run at most, for any platform.
MOST = 500
#: Failed calls for posts in a row that mean an unreachable platform, rather than single bad posts.
FAILURES = 3
#: Categories of refusals of the account or of this server, not of a post.
OF_ACCOUNT = frozenset({"account_issue", "config"})
LATE = NotSent("PLATFORM_TIMEOUT", "the platform did not respond in time")

_log = logs.get("collect")


class Collectors(NamedTuple):
    """The collectors by platform, and the keyring for credentials."""

    by_platform: Mapping[str, Collector]
    keyring: Keyring

    def of(self, visit: Visit) -> Collector:
        return FakeCollector(visit.now) if visit.sandbox else self.by_platform[visit.account.platform]


async def open_task(resources: Resources) -> Task:
    settings, net = resources.settings, await resources.once(open_net)
    by_platform: dict[str, Collector] = {
        "bluesky": BlueskyCollector(net.client),
        "mastodon": MastodonCollector(net.client),
        "instagram": InstagramCollector(net.client, settings.instagram_api_url),
        "tiktok": TikTokCollector(net.client, settings.tiktok_api_url),
    }
    return partial(collect_metrics, collectors=Collectors(by_platform, resources.keyring))


async def collect_metrics(ctx: Context, *, collectors: Collectors) -> Outcome:
    visit = await ctx.step(partial(visits.begin, claim=ctx.job, most=MOST, keyring=collectors.keyring))
    if visit is None:
        return Done()
    async with nullcontext() if visit.sandbox else ctx.at(visit.account.service_url):
        found = await ask(collectors.of(visit), visit)
    word = "read" if found.error is None else found.error.code
    metrics.VISITS.labels(visit.account.platform, "read" if found.error is None else "failed").inc()
    _log.info("metrics collected", account=str(visit.account_id), posts=len(found.asked), outcome=word)
    try:
        return await ctx.commit(partial(visits.keep, claim=ctx.job, visit=visit, found=found), project=True)
    except Conflict:
        return Canceled()


async def ask(collector: Collector, visit: Visit) -> Found:
    """Collect the platform's responses until it fails, or the run's time is up."""
    found = Found([], [], [], None)
    try:
        async with asyncio.timeout(VISIT_S):
            if visit.gauges and (followers := await collector.followers(visit.account)) is not None:
                found.told.append(Told(visits.account_itself(visit), {"followers": followers}))
            await ask_for_posts(collector, visit, found)
    except PlatformError as error:
        return found._replace(error=error)
    except TimeoutError:
        return found if found.asked or found.failed else found._replace(error=LATE)
    return found


async def ask_for_posts(collector: Collector, visit: Visit, found: Found) -> None:
    """Collect figures of posts into `found`. A failed call is repeated post by post, to isolate a bad one."""
    batch, most = collector.limits
    posts = visit.posts[:most]
    waiting = deque(posts[start : start + batch] for start in range(0, len(posts), batch))
    failures = 0
    while waiting:
        some = waiting.popleft()
        try:
            found.told.extend(await tell(collector, visit, some))
        except NotSent:
            failures += 1
            if len(some) == 1:
                found.failed.extend(some)
            else:
                waiting.extendleft([post] for post in reversed(some))
            if failures == FAILURES or not (waiting or found.asked):
                raise
        else:
            failures = 0
            found.asked.extend(some)


async def tell(collector: Collector, visit: Visit, some: Sequence[DuePost]) -> list[Told]:
    """Return the values of one call. A refused post has none.

    In a sandbox they have a value for each due time that its clock has passed since the last run.
    """
    if isinstance(collector, FakeCollector):
        return [
            Told(visits.subject(post), figures_of(post, at), at)
            for post in some
            for at in cadence.missed(post.published_at, post.due_at, visit.now)
        ]
    try:
        figures = await collector.posts(visit.account, some)
    except Rejected as error:
        if error.category in OF_ACCOUNT:
            raise
        return []
    return [Told(visits.subject(post), figures[post.id]) for post in some if post.id in figures]
