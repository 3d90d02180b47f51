"""Rate limiter of one job for requests to an upstream API (`domain/brand/upstream_rate.py`)."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple, NoReturn

from domain.brand import upstream_rate
from domain.brand.upstream_rate import UpstreamRequestRate
from schemas.errors import SourceRateLimited
from telemetry import metrics
from workers.runtime.context import TaskContext

#: Each snooze doubles the spread of the waiting jobs, up to this many seconds.
MAX_RETRY_JITTER_S = 60.0


class UpstreamLimiter(NamedTuple):
    """Rate limiter: waits for a token with a patience in seconds, and tells workers of a refusal.

    `take` raises `SourceRateLimited` if the wait would be longer than its patience, or a cooldown begins meanwhile.
    `cool_down` raises it always. Both set the time to wait.
    """

    take: Callable[[float], Awaitable[None]]
    cool_down: Callable[[float | None], Awaitable[NoReturn]]


def build_upstream_limiter(ctx: TaskContext, rate: UpstreamRequestRate) -> UpstreamLimiter:
    return UpstreamLimiter(
        partial(wait_for_upstream_rate_token, ctx, rate), partial(cool_down_upstream_and_raise, ctx, rate)
    )


async def wait_for_upstream_rate_token(ctx: TaskContext, rate: UpstreamRequestRate, patience_s: float) -> None:
    try:
        if wait_s := await ctx.step(
            partial(upstream_rate.reserve_upstream_rate_token, rate=rate, patience_s=patience_s)
        ):
            await asyncio.sleep(wait_s)
            await ctx.step(partial(upstream_rate.check_upstream_cooldown, rate=rate))
    except SourceRateLimited as early:
        raise SourceRateLimited(early.message, retry_after=add_retry_jitter(early.retry_after, ctx, rate)) from early


async def cool_down_upstream_and_raise(ctx: TaskContext, rate: UpstreamRequestRate, wish_s: float | None) -> NoReturn:
    metrics.UPSTREAM_RATE_LIMIT_COUNTER.labels(rate.upstream).inc()
    length_s = await ctx.step(partial(upstream_rate.start_upstream_cooldown, rate=rate, wish_s=wish_s))
    raise SourceRateLimited(
        f"{rate.upstream} takes no more requests for now", retry_after=add_retry_jitter(length_s, ctx, rate)
    )


def add_retry_jitter(wait_s: float | None, ctx: TaskContext, rate: UpstreamRequestRate) -> float:
    """Return `wait_s` plus a random delay, so that jobs with the same wait don't all retry at once.

    Each further snooze of a job doubles the interval of the delay, up to `MAX_RETRY_JITTER_S` seconds.
    """
    snoozes = min(ctx.job.fence - ctx.job.attempt, 10)
    width_s = min(rate.every_s * 2.0**snoozes, MAX_RETRY_JITTER_S)
    return (wait_s or 0.0) + random.uniform(0.0, width_s)  # noqa: S311  no secret
