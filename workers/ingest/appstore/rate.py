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

#: So many snoozes double the spread of those who wait, up to this many seconds.
LONGEST_SPREAD_S = 60.0


class Limiter(NamedTuple):
    """`take(patience_s)` waits for a token, `cool_down(wish_s)` tells all workers of a refusal.

    `take` raises `SourceRateLimited` where the token is further off, `cool_down` always; both say until when.
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
    """Those who were told the same time come back apart, the further the more often they came for nothing."""
    snoozes = min(ctx.job.fence - ctx.job.attempt, 10)
    width_s = min(rate.every_s * 2.0**snoozes, LONGEST_SPREAD_S)
    return (wait_s or 0.0) + random.uniform(0.0, width_s)  # noqa: S311  no secret
