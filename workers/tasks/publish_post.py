"""Send one post to its platform, once (docs/explain/publishing.md)."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from domain.publishing import failures, sending
from domain.publishing.outgoing import OutgoingPost
from jobs.outcomes import TaskNotDone, TaskOutcome
from schemas.errors import NoFreeServerSlot, PlatformRefusal
from workers.platforms.registry import PlatformAdapters, open_platform_adapters
from workers.publishing import loop
from workers.publishing.attempt import PublishAttempt, log_and_count_publish_outcome
from workers.resources import WorkerResources
from workers.runtime.context import TaskContext
from workers.runtime.runner import JobTask

#: Phases after the platform has accepted the post: calls are short, and need no slot of its server.
POST_PHASES_AFTER_ACCEPTANCE = ("accepted", "confirming")


async def build_job_task_with_resources(resources: WorkerResources) -> JobTask:
    return partial(publish_post, platforms=await open_platform_adapters(resources))


async def publish_post(ctx: TaskContext, *, platforms: PlatformAdapters) -> TaskOutcome:
    given: dict[str, Any] = {"claim": ctx.job, "keyring": platforms.keyring}
    post: OutgoingPost | TaskNotDone | None = await ctx.run_self_fenced_statements(
        partial(sending.take_post_to_send_at_once, **given)
    )
    if post is None:
        post = await ctx.run_step_and_settle_outcome(partial(sending.lock_post_to_send, **given), locks=True)
    if isinstance(post, TaskNotDone):
        return post
    clock_read_at = asyncio.get_running_loop().time()
    try:
        adapter = platforms.choose_adapter(post.account, sandbox=post.sandbox)
    except PlatformRefusal as error:
        body = partial(failures.store_error_of_maybe_live_post, claim=ctx.job, error=error, generation=post.generation)
        return await ctx.run_step_and_settle_outcome(body, locks=True)
    attempt = PublishAttempt(ctx, adapter, platforms.build_platform_post(post), post, platforms.keyring, clock_read_at)
    asks = post.sandbox or post.phase in POST_PHASES_AFTER_ACCEPTANCE
    outcome = await (loop.run_publish_phases(attempt) if asks else run_publish_attempt_in_server_slot(attempt))
    log_and_count_publish_outcome(attempt, outcome)
    return outcome


async def run_publish_attempt_in_server_slot(attempt: PublishAttempt) -> TaskOutcome:
    """Run an attempt to publish a post in one of the worker's slots for its server; return the outcome.

    If no slot is free in time, snooze the job. The post keeps its place in the account's queue.
    """
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(attempt.ctx.hold_server_slot(attempt.outgoing.account.service_url))
        except NoFreeServerSlot:
            return await attempt.run_step_and_settle_outcome(
                partial(sending.snooze_post_for_busy_server, claim=attempt.ctx.job)
            )
        return await loop.run_publish_phases(attempt)
