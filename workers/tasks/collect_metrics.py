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
from domain.collection.collection_runs import MetricCollectionResult, MetricCollectionRun, PostDueForMetricPolling
from domain.collection.snapshots import MetricSubject, ReportedMetricsOfSubject
from domain.security.keyring import Keyring
from jobs.outcomes import Canceled, Done, TaskOutcome
from platforms.registry import PLATFORMS_BY_NAME
from schemas.errors import PlatformError, PlatformRefusal, PostNotSent, StateConflict
from telemetry import logs, metrics
from workers.platforms.collecting import PlatformMetricsCollector
from workers.platforms.connecting import open_outgoing_network
from workers.platforms.fakes.collect import SandboxCollector, compute_sandbox_post_metrics
from workers.platforms.parts import load_platform_calls
from workers.resources import WorkerResources
from workers.runtime.context import TaskContext
from workers.runtime.runner import JobTask

#: Seconds of a collection run; the next run collects the rest.
MAX_METRIC_COLLECTION_RUN_S = 45.0
#: Posts of a collection run at most, for any platform.
MAX_POSTS_PER_METRIC_COLLECTION_RUN = 500
#: Failed calls for posts in a row that mean an unreachable platform, rather than single bad posts.
MAX_FAILED_METRIC_CALLS_IN_A_ROW = 3
#: Categories of refusals of the account or of this server, not of a post.
ACCOUNT_REFUSAL_CATEGORIES = frozenset({"account_issue", "config"})
COLLECTION_TIMEOUT_ERROR = PostNotSent("PLATFORM_TIMEOUT", "the platform did not respond in time")

_log = logs.get_logger("collect")


class PlatformCollectors(NamedTuple):
    """The collectors by platform, and the keyring for credentials."""

    by_platform: Mapping[str, PlatformMetricsCollector]
    keyring: Keyring

    def choose_collector(self, visit: MetricCollectionRun) -> PlatformMetricsCollector:
        return SandboxCollector(visit.polled.now) if visit.polled.sandbox else self.by_platform[visit.account.platform]


async def build_job_task_with_resources(resources: WorkerResources) -> JobTask:
    net = await resources.open_resource(open_outgoing_network)
    by_platform = {platform: load_platform_calls(platform).open_collector(net) for platform in PLATFORMS_BY_NAME}
    return partial(collect_metrics, collectors=PlatformCollectors(by_platform, resources.keyring))


async def collect_metrics(ctx: TaskContext, *, collectors: PlatformCollectors) -> TaskOutcome:
    visit = await ctx.step(
        partial(
            collection_runs.prepare_metric_collection_run,
            claim=ctx.job,
            most=MAX_POSTS_PER_METRIC_COLLECTION_RUN,
            keyring=collectors.keyring,
        )
    )
    if visit is None:
        return Done()
    async with nullcontext() if visit.polled.sandbox else ctx.hold_server_slot(visit.account.service_url):
        responses = await collect_account_and_post_metrics(collectors.choose_collector(visit), visit)
    word = "read" if responses.error is None else responses.error.code
    metrics.METRIC_COLLECTION_RUN_COUNTER.labels(
        visit.account.platform, "read" if responses.error is None else "failed"
    ).inc()
    _log.info("metrics collected", account=str(visit.account_id), posts=len(responses.asked), outcome=word)
    try:
        return await ctx.commit(
            partial(collection_runs.store_metric_collection_result, claim=ctx.job, visit=visit, found=responses),
            project=True,
        )
    except StateConflict:
        return Canceled()


async def collect_account_and_post_metrics(
    collector: PlatformMetricsCollector, visit: MetricCollectionRun
) -> MetricCollectionResult:
    """Read an account's posts' metrics, and its follower count if due, from the platform; return all that was read.

    A platform's error ends it and is returned. `MAX_METRIC_COLLECTION_RUN_S` is an error only if no post was tried.
    """
    responses = MetricCollectionResult([], [], [], None)
    try:
        async with asyncio.timeout(MAX_METRIC_COLLECTION_RUN_S):
            if visit.polled.gauges and (followers := await collector.read_follower_count(visit.account)) is not None:
                responses.told.append(
                    ReportedMetricsOfSubject(MetricSubject(visit.account_id, None), {"followers": followers})
                )
            await collect_post_metrics_in_batches(collector, visit, responses)
    except PlatformError as error:
        return responses._replace(error=error)
    except TimeoutError:
        return responses if responses.asked or responses.failed else responses._replace(error=COLLECTION_TIMEOUT_ERROR)
    return responses


async def collect_post_metrics_in_batches(
    collector: PlatformMetricsCollector, visit: MetricCollectionRun, responses: MetricCollectionResult
) -> None:
    """Collect metrics into `responses`; repeat a failed batch post by post. Raise `PlatformError` to end a run."""
    batch, max_posts = collector.limits
    posts = visit.posts[:max_posts]
    waiting = deque(posts[start : start + batch] for start in range(0, len(posts), batch))
    failures = 0
    while waiting:
        batch_posts = waiting.popleft()
        try:
            responses.told.extend(await collect_post_batch_metrics(collector, visit, batch_posts))
        except PostNotSent:
            failures += 1
            if len(batch_posts) == 1:
                responses.failed.extend(batch_posts)
            else:
                waiting.extendleft([post] for post in reversed(batch_posts))
            if failures == MAX_FAILED_METRIC_CALLS_IN_A_ROW or not (waiting or responses.asked):
                raise
        else:
            failures = 0
            responses.asked.extend(batch_posts)


async def collect_post_batch_metrics(
    collector: PlatformMetricsCollector, visit: MetricCollectionRun, batch: Sequence[PostDueForMetricPolling]
) -> list[ReportedMetricsOfSubject]:
    """Read the metrics of a batch of posts in one call to the platform; return the values of each post.

    Return none for a call that the platform refuses for the posts; raise its refusal of the account. In a
    sandbox, posts have a value for each due time that its clock has passed since the last run.
    """
    if isinstance(collector, SandboxCollector):
        return [
            ReportedMetricsOfSubject(
                MetricSubject(post.id, post.published_at), compute_sandbox_post_metrics(post, at), at
            )
            for post in batch
            for at in cadence.list_missed_sandbox_metric_poll_times(post.published_at, post.due_at, visit.polled.now)
        ]
    try:
        figures = await collector.read_post_metrics(visit.account, batch)
    except PlatformRefusal as error:
        if error.category in ACCOUNT_REFUSAL_CATEGORIES:
            raise
        return []
    return [
        ReportedMetricsOfSubject(MetricSubject(post.id, post.published_at), figures[post.id])
        for post in batch
        if post.id in figures
    ]
