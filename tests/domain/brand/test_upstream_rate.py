"""An upstream's pace: no minute has more requests than it allows, whoever asks, and a refusal is a rest."""

import asyncio
from contextlib import suppress
from uuid import UUID

import pytest

from db.pool import Conn, Pool, transact
from domain.brand import upstream_rate
from domain.brand.upstream_rate import ITUNES, Pace
from schemas import ids
from schemas.errors import SourceRateLimited

MINUTE_S = 60.0
#: Without favors, so that what is tested is the upstream's pace alone.
PLAIN = ITUNES._replace(favor_s=0)
ACME, RIVAL = ids.new(), ids.new()


async def take(pool: Pool, patience_s: float = 0, *, pace: Pace = PLAIN, org: UUID = ACME) -> float | None:
    """The wait for a slot, or None."""
    try:
        return await transact(
            pool, lambda conn: upstream_rate.take(conn, pace=pace, organization_id=org, patience_s=patience_s)
        )
    except SourceRateLimited:
        return None


async def pass_time(conn: Conn, seconds: float) -> None:
    await conn.execute(
        """update upstream_pace set free_at = free_at - make_interval(secs => $1),
                  held_until = held_until - make_interval(secs => $1)""",
        seconds,
    )


async def test_forty_at_once_share_the_burst(pool: Pool, conn: Conn) -> None:
    waits = await asyncio.gather(*(take(pool) for _ in range(40)))
    assert sorted(waits, key=str) == [0.0] * ITUNES.burst + [None] * (40 - ITUNES.burst)
    assert await conn.fetchval("select count(*) from upstream_pace where upstream = 'itunes'") == 1


async def test_forty_patient_ones_stand_in_line(pool: Pool) -> None:
    waits = await asyncio.gather(*(take(pool, patience_s=30) for _ in range(40)))
    slots = sorted(wait for wait in waits if wait is not None)
    behind = [0.0] * ITUNES.burst + [ITUNES.every_s * n for n in range(1, 8)]
    assert slots == pytest.approx(behind, abs=1)
    assert waits.count(None) == 40 - len(slots)


async def test_no_minute_has_more_than_twenty(conn: Conn) -> None:
    """Three impatient ones at each second of three minutes, by the row's clock."""
    taken: list[int] = []
    for second in range(180):
        for _ in range(3):
            with suppress(SourceRateLimited):
                await upstream_rate.take(conn, pace=PLAIN, organization_id=ACME, patience_s=0)
                taken.append(second)
        await pass_time(conn, 1)
    busiest = max(sum(start <= second < start + MINUTE_S for second in taken) for start in range(120))
    assert 15 <= busiest <= 20


async def test_who_is_refused_hears_when_to_come_back(pool: Pool, conn: Conn) -> None:
    for _ in range(ITUNES.burst):
        await take(pool)
    with pytest.raises(SourceRateLimited) as refused:
        await upstream_rate.take(conn, pace=PLAIN, organization_id=ACME, patience_s=0)
    assert refused.value.retry_after == pytest.approx(ITUNES.every_s, abs=1)
    await pass_time(conn, ITUNES.every_s)
    assert await upstream_rate.take(conn, pace=PLAIN, organization_id=ACME, patience_s=0) == 0


async def test_a_refusal_stops_everyone_and_no_burst_follows(pool: Pool, conn: Conn) -> None:
    await take(pool)
    assert await upstream_rate.hold(conn, pace=ITUNES, wish_s=None) == 60
    assert await take(pool, patience_s=30) is None
    await pass_time(conn, 60.5)
    assert await take(pool) == 0
    assert await take(pool) is None


async def test_refusals_on_their_way_when_a_rest_begins_count_once(pool: Pool, conn: Conn) -> None:
    await take(pool)

    async def hold() -> float:
        return await transact(pool, lambda own: upstream_rate.hold(own, pace=ITUNES, wish_s=None))

    rests = await asyncio.gather(*(hold() for _ in range(8)))
    assert rests == pytest.approx([60] * 8, abs=1)
    assert await conn.fetchval("select held_s from upstream_pace where upstream = 'itunes'") == 60


async def test_rests_double_up_to_half_an_hour_and_are_forgotten(pool: Pool, conn: Conn) -> None:
    await take(pool)
    rests = []
    for _ in range(7):
        rests.append(await upstream_rate.hold(conn, pace=ITUNES, wish_s=None))
        await pass_time(conn, rests[-1] + 1)
    assert rests == [60, 120, 240, 480, 960, 1800, 1800]
    await pass_time(conn, 1800)
    assert await upstream_rate.hold(conn, pace=ITUNES, wish_s=None) == 60


async def test_an_upstreams_own_wish_is_kept(pool: Pool, conn: Conn) -> None:
    await take(pool)
    assert await upstream_rate.hold(conn, pace=ITUNES, wish_s=300) == 300
    assert await upstream_rate.hold(conn, pace=ITUNES, wish_s=400) == 400


async def test_another_upstream_has_its_own_pace(pool: Pool, conn: Conn) -> None:
    for _ in range(ITUNES.burst):
        await take(pool)
    assert (
        await upstream_rate.take(
            conn, pace=PLAIN._replace(upstream="other"), organization_id=ACME, patience_s=0
        )
        == 0
    )


async def test_a_tenant_that_asks_for_much_leaves_room_for_another(pool: Pool) -> None:
    """Sixty jobs of one keep the line at their own patience; the other is never told to come back."""
    flood = await asyncio.gather(*(take(pool, 5, pace=ITUNES) for _ in range(60)))
    assert flood.count(None) > 40
    waits = [await take(pool, 5, pace=ITUNES, org=RIVAL) for _ in range(2)]
    assert None not in waits
    assert await take(pool, 5, pace=ITUNES) is None


async def test_beyond_its_share_a_tenant_is_one_of_the_many(pool: Pool, conn: Conn) -> None:
    taken = [await take(pool, 5, pace=ITUNES) for _ in range(12)]
    assert None in taken
    await pass_time(conn, MINUTE_S * 2)
    assert [await take(pool, 5, pace=ITUNES) for _ in range(5)] == [0.0] * 5


async def test_a_slot_that_was_waited_for_is_lost_to_a_rest(pool: Pool, conn: Conn) -> None:
    await take(pool)
    await upstream_rate.confirm(conn, pace=ITUNES)
    await upstream_rate.hold(conn, pace=ITUNES, wish_s=None)
    with pytest.raises(SourceRateLimited) as refused:
        await upstream_rate.confirm(conn, pace=ITUNES)
    assert refused.value.retry_after == pytest.approx(60, abs=1)
