"""A job's turns at an upstream that counts our requests (`domain/brand/upstream_rate.py`)."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple, NoReturn

from domain.brand import upstream_rate
from domain.brand.upstream_rate import Pace
from schemas.errors import SourceRateLimited
from telemetry import metrics
from workers.runtime.context import Context

#: So many snoozes double the spread of those who wait, up to this many seconds.
LONGEST_SPREAD_S = 60.0


class Turns(NamedTuple):
    """`take(patience_s)` waits for a slot, `rest(wish_s)` tells all workers of a refusal.

    `take` raises `SourceRateLimited` where the slot is further off, `rest` always; both say until when.
    """

    take: Callable[[float], Awaitable[None]]
    rest: Callable[[float | None], Awaitable[NoReturn]]


def turns(ctx: Context, pace: Pace) -> Turns:
    return Turns(partial(take, ctx, pace), partial(rest, ctx, pace))


async def take(ctx: Context, pace: Pace, patience_s: float) -> None:
    tenant = ctx.job.organization_id
    reserve = partial(upstream_rate.take, pace=pace, organization_id=tenant, patience_s=patience_s)
    try:
        if wait_s := await ctx.step(reserve):
            await asyncio.sleep(wait_s)
            await ctx.step(partial(upstream_rate.confirm, pace=pace))
    except SourceRateLimited as early:
        raise SourceRateLimited(early.message, retry_after=spread(early.retry_after, ctx, pace)) from early


async def rest(ctx: Context, pace: Pace, wish_s: float | None) -> NoReturn:
    metrics.UPSTREAM_REFUSALS.labels(pace.upstream).inc()
    length_s = await ctx.step(partial(upstream_rate.hold, pace=pace, wish_s=wish_s))
    raise SourceRateLimited(
        f"{pace.upstream} takes no more requests for now", retry_after=spread(length_s, ctx, pace)
    )


def spread(wait_s: float | None, ctx: Context, pace: Pace) -> float:
    """Those who were told the same time come back apart, the further the more often they came for nothing."""
    snoozes = min(ctx.job.fence - ctx.job.attempt, 10)
    width_s = min(pace.every_s * 2.0**snoozes, LONGEST_SPREAD_S)
    return (wait_s or 0.0) + random.uniform(0.0, width_s)  # noqa: S311  no secret
