"""Budgets across processes: their bound, and their counts through outages and disconnects."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from db.pool import Pool, open_postgres_pool
from domain.apps.app_keys import SdkAppOfEventRequest
from domain.events import budgets
from domain.events.budgets import EventBudgets, TierDailyEventLimits
from domain.events.intake import open_event_intake
from schemas.errors import LimitReached
from tests import seeds
from tests.domain.events.sending import PROJECT, event, keyed, new_budgets, stored
from tests.servers import ServerPair
from tests.waiting import eventually


async def an_app(pool: Pool) -> SdkAppOfEventRequest:
    async with pool.acquire() as conn:
        return keyed(PROJECT, 1, await seeds.organization(conn))


async def sums(pool: Pool) -> list[tuple[int, int]]:
    rows = await pool.fetch("select events, bytes from intake_day order by organization_id, day")
    return [(row["events"], row["bytes"]) for row in rows]


@pytest.mark.parametrize("seed", range(5))
async def test_process_exceeds_a_budget_by_a_lot_and_a_request(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    budget, most = TierDailyEventLimits(5_000, 1 << 40), 20
    monkeypatch.setattr(budgets, "EVENT_DAY_LIMITS_BY_TIER", {"standard": budget})
    monkeypatch.setattr(budgets, "EVENT_BUDGET_LOT_COUNT", 100)
    app, chance = await an_app(pool), random.Random(seed)
    processes = [new_budgets() for _ in range(4)]
    accepted, refused = 0, set[int]()
    while len(refused) < len(processes):
        number = chance.choices(range(4), weights=(20, 5, 1, 1))[0]
        one, events = processes[number], chance.randint(1, most)
        try:
            one.release_reserved_events(one.reserve_events_in_daily_budget(app, events, 0), events, 0)
        except LimitReached:
            refused.add(number)
            continue
        one.charge_budget_after_commit(app, events, 0)
        accepted += events
        if one.counts_ready.is_set():
            await one.add_ready_counts_to_postgres(pool)
    assert budget.events <= accepted <= budget.events + 4 * (budget.events / 100 + most)
    for process in processes:
        process.queue_all_event_counts()
        await process.add_ready_counts_to_postgres(pool)
    assert await sums(pool) == [(accepted, 0)]


async def test_full_lot_is_added_at_once_and_less_later(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    app, one, other = await an_app(pool), new_budgets(), new_budgets()
    lot = budgets.EVENT_DAY_LIMITS_BY_TIER["standard"].events // budgets.EVENT_BUDGET_LOT_COUNT
    monkeypatch.setattr(budgets, "EVENT_COUNT_FLUSH_INTERVAL_S", 600.0)
    one.charge_budget_after_commit(app, lot - 1, 1)
    assert not one.counts_ready.is_set()
    one.charge_budget_after_commit(app, 1, 7)
    assert one.counts_ready.is_set()
    await one.add_ready_counts_to_postgres(pool)
    monkeypatch.setattr(budgets, "EVENT_COUNT_FLUSH_INTERVAL_S", 0.01)
    other.charge_budget_after_commit(app, 1, 1)
    async with asyncio.timeout(60):
        await other.counts_ready.wait()
    await other.add_ready_counts_to_postgres(pool)
    assert await sums(pool) == [(lot + 1, 9)]


async def test_commits_under_way_reserve_their_events(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request above the reserved events must retry in a second, not tomorrow."""
    monkeypatch.setattr(budgets, "EVENT_DAY_LIMITS_BY_TIER", {"standard": TierDailyEventLimits(10, 100)})
    app, one = await an_app(pool), new_budgets()
    day = one.reserve_events_in_daily_budget(app, 10, 10)
    with pytest.raises(LimitReached) as refused:
        one.reserve_events_in_daily_budget(app, 1, 1)
    assert refused.value.retry_after == 1
    one.check_organization_event_budget(app)
    one.release_reserved_events(day, 10, 10)
    one.reserve_events_in_daily_budget(app, 1, 1)


async def test_counts_stay_while_postgres_is_away(own_servers: ServerPair) -> None:
    url = own_servers.postgres.url
    async with open_postgres_pool(url, name="test") as pool:
        app, one = await an_app(pool), new_budgets()
        one.charge_budget_after_commit(app, 5, 50)
        one.queue_all_event_counts()
        own_servers.postgres.stop()
        await one.add_ready_counts_to_postgres(pool)
        one.charge_budget_after_commit(app, 1, 10)
        own_servers.postgres.start_and_wait_until_ready()

        async def are_added() -> bool:
            one.queue_all_event_counts()
            await one.add_ready_counts_to_postgres(pool)
            return not any(day.due_events for day in one._days.values())

        await eventually(are_added)
        assert await sums(pool) == [(6, 60)]


async def test_disconnected_sender_is_charged_for_stored_events(pool: Pool) -> None:
    """Otherwise its events would be free: it disconnects as the commit begins."""
    app, one = await an_app(pool), new_budgets()
    async with open_event_intake(pool, one) as intake, pool.acquire() as other:
        async with other.transaction():
            await other.execute("select pg_advisory_xact_lock(7203)")
            sending = asyncio.create_task(intake.commit_request_events(app, [event(1), event(2)], size=200))

            async def commits() -> bool:
                asked = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
                return bool(await other.fetchval(asked))

            await eventually(commits)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

        async def is_charged() -> bool:
            return [(day.due_events, day.due_size, day.held_events) for day in one._days.values()] == [(2, 200, 0)]

        await eventually(is_charged)
        assert await stored(other) == [1, 2]


async def test_past_days_are_dropped_after_their_addition(pool: Pool) -> None:
    now = [datetime.now(UTC)]
    app, one = await an_app(pool), EventBudgets(lambda: now[0])
    one.charge_budget_after_commit(app, 3, 30)
    now[0] += timedelta(days=1)
    one.charge_budget_after_commit(app, 4, 40)
    one.queue_all_event_counts()
    await one.add_ready_counts_to_postgres(pool)
    assert await sums(pool) == [(3, 30), (4, 40)]
    assert [day.committed_event_count for day in one._days.values()] == [4]


async def test_only_settled_organizations_are_evicted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budgets, "MAX_CACHED_ORG_EVENT_BUDGETS", 10)
    one = new_budgets()
    held = keyed(PROJECT, 1, UUID(int=1))
    one.reserve_events_in_daily_budget(held, 1, 1)
    for number in range(2, 40):
        one.check_organization_event_budget(keyed(PROJECT, 1, UUID(int=number)))
    assert len(one._days) <= 11
    assert (UUID(int=1), datetime.now(UTC).date()) in one._days


async def test_old_sums_are_pruned(pool: Pool) -> None:
    app = await an_app(pool)
    insert = """insert into intake_day (organization_id, day, events, bytes)
                select $1, (now() at time zone 'UTC')::date - n, n, n from generate_series(0, 50) n"""
    await pool.execute(insert, app.organization_id)
    async with pool.acquire() as conn:
        assert await budgets.prune_old_event_budget_days(conn) == 50 - budgets.EVENT_BUDGET_RETENTION_DAYS
    assert len(await sums(pool)) == budgets.EVENT_BUDGET_RETENTION_DAYS + 1
