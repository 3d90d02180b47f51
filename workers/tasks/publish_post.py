"""Send one post to its platform, once (docs/explain/publishing.md)."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial

from domain.publishing import failures, sending
from jobs.outcomes import NotDone, Outcome
from schemas.errors import PostRejected, ServerBusy
from workers.platforms.registry import Platforms, open_platforms
from workers.publishing import loop
from workers.publishing.attempt import PublishAttempt, report
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task

#: Phases after the platform has accepted the post: calls are short, and need no slot of its server.
ACCEPTED_PHASES = ("accepted", "confirming")


async def open_task(resources: Resources) -> Task:
    return partial(publish_post, platforms=await open_platforms(resources))


async def publish_post(ctx: Context, *, platforms: Platforms) -> Outcome:
    post = await ctx.decide(partial(sending.begin, claim=ctx.job, keyring=platforms.keyring), locks=True)
    if isinstance(post, NotDone):
        return post
    clock_read_at = asyncio.get_running_loop().time()
    try:
        adapter = platforms.adapter(post.account, sandbox=post.sandbox)
    except PostRejected as error:
        body = partial(failures.keep_unverified_error, claim=ctx.job, error=error, generation=post.generation)
        return await ctx.decide(body, locks=True)
    attempt = PublishAttempt(ctx, adapter, platforms.draft(post), post, platforms.keyring, clock_read_at)
    asks = post.sandbox or post.phase in ACCEPTED_PHASES
    outcome = await (loop.run(attempt) if asks else run_at_server(attempt))
    report(attempt, outcome)
    return outcome


async def run_at_server(attempt: PublishAttempt) -> Outcome:
    """Run the attempt in a slot of the account's server. Without one in time, snooze the job in its order."""
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(attempt.ctx.at(attempt.outgoing.account.service_url))
        except ServerBusy:
            return await attempt.decide(partial(sending.snooze_busy, claim=attempt.ctx.job))
        return await loop.run(attempt)
