"""Collect the figures of an account's posts and its followers from its platform, and store the changes.

Only the last step writes: the run of a dead attempt is repeated, and writes no second row.
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from typing import NamedTuple

from domain.collection import cadence, collection_runs
from domain.collection.collection_runs import CollectionResult, CollectionRun, DuePost
from domain.collection.snapshots import SubjectValues
from domain.security.keyring import Keyring
from jobs.outcomes import Canceled, Done, Outcome
from platforms.registry import DESCRIPTIONS
from schemas.errors import Conflict, PlatformError, PostNotSent, PostRejected
from telemetry import logs, metrics
from workers.platforms.collecting import Collector
from workers.platforms.connecting import open_network
from workers.platforms.fakes.collect import SandboxCollector, compute_figures
from workers.platforms.parts import load_parts
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task

#: Seconds of a collection run; the next run collects the rest.
RUN_S = 45.0
#: Posts of a collection run at most, for any platform.
MAX_POSTS = 500
#: Failed calls for posts in a row that mean an unreachable platform, rather than single bad posts.
MAX_FAILURES = 3
#: Categories of refusals of the account or of this server, not of a post.
ACCOUNT_CATEGORIES = frozenset({"account_issue", "config"})
TIMED_OUT = PostNotSent("PLATFORM_TIMEOUT", "the platform did not respond in time")

_log = logs.get_logger("collect")


class Collectors(NamedTuple):
    """The collectors by platform, and the keyring for credentials."""

    by_platform: Mapping[str, Collector]
    keyring: Keyring

    def of(self, visit: CollectionRun) -> Collector:
        return SandboxCollector(visit.now) if visit.sandbox else self.by_platform[visit.account.platform]


async def open_task(resources: Resources) -> Task:
    net = await resources.open_once(open_network)
    by_platform = {platform: load_parts(platform).open_collector(net) for platform in DESCRIPTIONS}
    return partial(collect_metrics, collectors=Collectors(by_platform, resources.keyring))


async def collect_metrics(ctx: Context, *, collectors: Collectors) -> Outcome:
    visit = await ctx.step(
        partial(collection_runs.begin, claim=ctx.job, most=MAX_POSTS, keyring=collectors.keyring)
    )
    if visit is None:
        return Done()
    async with nullcontext() if visit.sandbox else ctx.at(visit.account.service_url):
        responses = await collect(collectors.of(visit), visit)
    word = "read" if responses.error is None else responses.error.code
    metrics.COLLECTION_RUNS.labels(
        visit.account.platform, "read" if responses.error is None else "failed"
    ).inc()
    _log.info("metrics collected", account=str(visit.account_id), posts=len(responses.asked), outcome=word)
    try:
        return await ctx.commit(
            partial(collection_runs.keep, claim=ctx.job, visit=visit, found=responses), project=True
        )
    except Conflict:
        return Canceled()


async def collect(collector: Collector, visit: CollectionRun) -> CollectionResult:
    """Collect the platform's responses until it fails, or the run's time is up."""
    responses = CollectionResult([], [], [], None)
    try:
        async with asyncio.timeout(RUN_S):
            if visit.gauges and (followers := await collector.followers(visit.account)) is not None:
                responses.told.append(
                    SubjectValues(collection_runs.account_subject(visit), {"followers": followers})
                )
            await collect_posts(collector, visit, responses)
    except PlatformError as error:
        return responses._replace(error=error)
    except TimeoutError:
        return responses if responses.asked or responses.failed else responses._replace(error=TIMED_OUT)
    return responses


async def collect_posts(collector: Collector, visit: CollectionRun, responses: CollectionResult) -> None:
    """Collect figures of posts into `responses`. A failed call is repeated post by post."""
    batch, max_posts = collector.limits
    posts = visit.posts[:max_posts]
    waiting = deque(posts[start : start + batch] for start in range(0, len(posts), batch))
    failures = 0
    while waiting:
        batch_posts = waiting.popleft()
        try:
            responses.told.extend(await collect_values(collector, visit, batch_posts))
        except PostNotSent:
            failures += 1
            if len(batch_posts) == 1:
                responses.failed.extend(batch_posts)
            else:
                waiting.extendleft([post] for post in reversed(batch_posts))
            if failures == MAX_FAILURES or not (waiting or responses.asked):
                raise
        else:
            failures = 0
            responses.asked.extend(batch_posts)


async def collect_values(
    collector: Collector, visit: CollectionRun, batch: Sequence[DuePost]
) -> list[SubjectValues]:
    """Return the values of one call. A refused post has none.

    In a sandbox they have a value for each due time that its clock has passed since the last run.
    """
    if isinstance(collector, SandboxCollector):
        return [
            SubjectValues(collection_runs.post_subject(post), compute_figures(post, at), at)
            for post in batch
            for at in cadence.missed_times(post.published_at, post.due_at, visit.now)
        ]
    try:
        figures = await collector.posts(visit.account, batch)
    except PostRejected as error:
        if error.category in ACCOUNT_CATEGORIES:
            raise
        return []
    return [
        SubjectValues(collection_runs.post_subject(post), figures[post.id])
        for post in batch
        if post.id in figures
    ]
