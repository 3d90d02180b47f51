"""The rate limit of an upstream that counts our requests, for one job (`domain/brand/upstream_rate.py`)."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple, NoReturn

from domain.brand import upstream_rate
from domain.brand.upstream_rate import UpstreamRate
from schemas.errors import SourceRateLimited
from telemetry import metrics
from workers.runtime.context import Context

#: Each snooze doubles the spread of the waiting jobs, up to this many seconds.
MAX_SPREAD_S = 60.0


class Limiter(NamedTuple):
    """Rate limiter: `take(patience_s)` waits for a token, `cool_down(wish_s)` tells workers of a refusal.

    `take` raises `SourceRateLimited` if the wait would be longer than `patience_s`, `cool_down` raises it
    always; both with the time to wait.
    """

    take: Callable[[float], Awaitable[None]]
    cool_down: Callable[[float | None], Awaitable[NoReturn]]


def limiter(ctx: Context, rate: UpstreamRate) -> Limiter:
    return Limiter(partial(take, ctx, rate), partial(cool_down, ctx, rate))


async def take(ctx: Context, rate: UpstreamRate, patience_s: float) -> None:
    try:
        if wait_s := await ctx.step(partial(upstream_rate.take_token, rate=rate, patience_s=patience_s)):
            await asyncio.sleep(wait_s)
            await ctx.step(partial(upstream_rate.check_cooldown, rate=rate))
    except SourceRateLimited as early:
        raise SourceRateLimited(early.message, retry_after=spread(early.retry_after, ctx, rate)) from early


async def cool_down(ctx: Context, rate: UpstreamRate, wish_s: float | None) -> NoReturn:
    metrics.UPSTREAM_REFUSALS.labels(rate.upstream).inc()
    length_s = await ctx.step(partial(upstream_rate.cool_down, rate=rate, wish_s=wish_s))
    raise SourceRateLimited(
        f"{rate.upstream} takes no more requests for now", retry_after=spread(length_s, ctx, rate)
    )


def spread(wait_s: float | None, ctx: Context, rate: UpstreamRate) -> float:
    """Return `wait_s` plus a random delay, so that jobs with the same wait don't all retry at once.

    Each further snooze of a job doubles the interval of the delay, up to `MAX_SPREAD_S` seconds.
    """
    snoozes = min(ctx.job.fence - ctx.job.attempt, 10)
    width_s = min(rate.every_s * 2.0**snoozes, MAX_SPREAD_S)
    return (wait_s or 0.0) + random.uniform(0.0, width_s)  # noqa: S311  no secret
