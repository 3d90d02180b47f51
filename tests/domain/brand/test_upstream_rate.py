"""Upstream rate: no minute exceeds it, and a refusal starts a cooldown for all workers."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial

import pytest
import pytest_asyncio

from db.pool import Conn, Pool, open_postgres_pool, run_in_transaction, use_unpooled_pg_connection
from domain.brand import upstream_rate
from domain.brand.upstream_rate import ITUNES_RATE_LIMIT, UpstreamRequestRate
from schemas.errors import SourceRateLimited
from schemas.settings import Settings

MINUTE_S = 60.0

#: For later connections the clock stands still, behind all defaults of a row.
STILL = """
create schema still;
create function still.clock_timestamp() returns timestamptz language sql stable
    return timestamptz '2100-01-01T00:00Z';
do $$ begin
    execute format('alter database %I set search_path = still, pg_catalog, public', current_database());
end $$
"""


@pytest_asyncio.fixture
async def pool(settings: Settings, new_connections: None) -> AsyncIterator[Pool]:
    """Open sessions in which time passes by `pass_time` alone, for any load of the machine."""
    async with use_unpooled_pg_connection(settings.database_url, name="test") as conn:
        await conn.execute(STILL)
    async with open_postgres_pool(settings.database_url, name="test") as opened:
        yield opened


async def take(pool: Pool, patience_s: float = 0, *, rate: UpstreamRequestRate = ITUNES_RATE_LIMIT) -> float | None:
    """Return the wait for a token, or None."""
    with suppress(SourceRateLimited):
        return await run_in_transaction(
            pool, partial(upstream_rate.reserve_upstream_rate_token, rate=rate, patience_s=patience_s)
        )
    return None


async def refused(conn: Conn, wish_s: float | None = None) -> float:
    """Report a refused request; return the cooldown."""
    return await upstream_rate.start_upstream_cooldown(conn, rate=ITUNES_RATE_LIMIT, wish_s=wish_s)


async def pass_time(conn: Conn, seconds: float) -> None:
    await conn.execute(
        """update upstream_pace set free_at = free_at - make_interval(secs => $1),
                  held_until = held_until - make_interval(secs => $1)""",
        seconds,
    )


@pytest.mark.parametrize(("patience_s", "queued"), [(0, 0), (30, 7)])
async def test_forty_callers_share_the_burst_and_patient_ones_queue(
    pool: Pool, conn: Conn, patience_s: float, queued: int
) -> None:
    waits = await asyncio.gather(*(take(pool, patience_s) for _ in range(40)))
    tokens = sorted(wait for wait in waits if wait is not None)
    behind = [ITUNES_RATE_LIMIT.every_s * place for place in range(1, queued + 1)]
    assert tokens == pytest.approx([0.0] * ITUNES_RATE_LIMIT.burst + behind)
    assert await conn.fetchval("select count(*) from upstream_pace") == 1


async def test_no_minute_has_more_than_twenty(pool: Pool, conn: Conn) -> None:
    """Three impatient callers at each second of three minutes, by the row's clock."""
    taken: list[int] = []
    for second in range(180):
        taken += [second for _ in range(3) if await take(pool) is not None]
        await pass_time(conn, 1)
    busiest = max(sum(start <= second < start + MINUTE_S for second in taken) for start in range(120))
    assert 15 <= busiest <= 20


async def test_caller_that_follows_retry_after_gets_a_token(conn: Conn) -> None:
    """Thirty callers at once, each back a little later than advised: the queue serves one in four seconds."""
    chance, due, second = random.Random(3), [0.0] * 30, 0
    while due and second < 600:
        waiting = [at for at in due if at > second]
        for _ in range(len(due) - len(waiting)):
            try:
                await upstream_rate.reserve_upstream_rate_token(conn, rate=ITUNES_RATE_LIMIT, patience_s=5)
            except SourceRateLimited as early:
                waiting.append(second + (early.retry_after or 0) + chance.uniform(0, 8))
        due, second = waiting, second + 1
        await pass_time(conn, 1)
    assert not due
    assert second <= 1.5 * 30 * ITUNES_RATE_LIMIT.every_s


async def test_refused_caller_gets_retry_after(pool: Pool, conn: Conn) -> None:
    for _ in range(ITUNES_RATE_LIMIT.burst):
        await take(pool)
    with pytest.raises(SourceRateLimited) as early:
        await upstream_rate.reserve_upstream_rate_token(conn, rate=ITUNES_RATE_LIMIT, patience_s=0)
    assert early.value.retry_after == pytest.approx(ITUNES_RATE_LIMIT.every_s)
    await pass_time(conn, ITUNES_RATE_LIMIT.every_s)
    assert await take(pool) == 0


async def test_refusal_stops_all_and_no_burst_follows(pool: Pool, conn: Conn) -> None:
    await take(pool)
    assert await refused(conn) == 60
    assert await take(pool, patience_s=30) is None
    await pass_time(conn, 35)
    assert await take(pool, patience_s=30) == pytest.approx(25)
    await pass_time(conn, 25 + ITUNES_RATE_LIMIT.every_s)
    assert [await take(pool) for _ in range(2)] == [0, None]


async def test_refusals_of_earlier_requests_count_once(pool: Pool, conn: Conn) -> None:
    await take(pool)
    cooldowns = await asyncio.gather(*(run_in_transaction(pool, refused) for _ in range(8)))
    assert cooldowns == pytest.approx([60] * 8)
    assert await conn.fetchval("select held_s from upstream_pace") == 60


async def test_cooldowns_double_up_to_half_an_hour_and_are_forgotten(pool: Pool, conn: Conn) -> None:
    await take(pool)
    cooldowns = []
    for _ in range(7):
        cooldowns.append(await refused(conn))
        await pass_time(conn, cooldowns[-1] + 1)
    assert cooldowns == [60, 120, 240, 480, 960, 1800, 1800]
    await pass_time(conn, 1800)
    assert await refused(conn) == 60


async def test_an_upstreams_own_wish_is_kept(pool: Pool, conn: Conn) -> None:
    await take(pool)
    assert [await refused(conn, wish_s) for wish_s in (300, 400)] == [300, 400]


async def test_another_upstream_has_a_bucket_of_its_own(pool: Pool) -> None:
    for _ in range(ITUNES_RATE_LIMIT.burst):
        await take(pool)
    assert await take(pool, rate=ITUNES_RATE_LIMIT._replace(upstream="other")) == 0


async def test_a_token_that_was_waited_for_is_lost_to_a_cooldown(pool: Pool, conn: Conn) -> None:
    await take(pool)
    await upstream_rate.check_upstream_cooldown(conn, rate=ITUNES_RATE_LIMIT)
    await refused(conn)
    with pytest.raises(SourceRateLimited) as lost:
        await upstream_rate.check_upstream_cooldown(conn, rate=ITUNES_RATE_LIMIT)
    assert lost.value.retry_after == pytest.approx(60)
