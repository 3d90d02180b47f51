"""Group commits: each id once for its app while it is known, in any order of operations."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from db.pool import Conn, Pool, open_postgres_pool
from domain.events import group_commit, partitions
from domain.events.intake import open_event_intake
from tests.domain.events.sending import NOW, PROJECT, event, fold_all, keyed, new_budgets, send, stored, wrong_counts
from tests.jobs import scene
from tests.relay import start_relay
from tests.waiting import eventually

AT_ONCE = timedelta(0)


async def test_ids_are_known_by_app_alone(conn: Conn) -> None:
    other = uuid4()
    assert await send(conn, [event(1), event(2)]) == [1, 2]
    assert await send(conn, [event(1, name="other", occurred_at=NOW - timedelta(days=3))]) == []
    sent = [event(1, app_no=2), event(1, project_id=other), event(2), event(3)]
    assert sorted(await send(conn, sent)) == [1, 1, 3]
    assert await stored(conn) == [1, 1, 1, 2, 3]


async def test_a_generation_is_open_for_its_time(conn: Conn) -> None:
    assert await partitions.open_new_event_id_partition_if_due(conn) == 0
    await conn.execute("update event_generation set since = since - interval '15 days'")
    assert await partitions.open_new_event_id_partition_if_due(conn) == 1
    assert await partitions.open_new_event_id_partition_if_due(conn) == 0


async def test_commit_after_a_rotation_probes_the_closed_leaf(pool: Pool, conn: Conn) -> None:
    """The snapshot is younger than the lock: otherwise it would miss the closed leaf and repeat the id."""
    await send(conn, [event(1)])
    async with pool.acquire() as rotating, rotating.transaction():
        assert await partitions.open_new_event_id_partition_if_due(rotating, age=AT_ONCE) == 1
        waiting = asyncio.create_task(send_numbers(pool, 1))
        await eventually(lambda: scene.waits_for_lock(conn))
    assert await waiting == []


async def test_a_rotation_gives_up_while_a_commit_is_under_way(pool: Pool, conn: Conn) -> None:
    """It is retried later. The commit's leaf is still open then."""
    async with pool.acquire() as writing, writing.transaction():
        await group_commit.store_new_events(writing, [event(1)])
        assert await partitions.open_new_event_id_partition_if_due(conn, age=AT_ONCE) == 0
    assert await partitions.open_new_event_id_partition_if_due(conn, age=AT_ONCE) == 1
    assert await send(conn, [event(1)]) == []


async def test_waiter_for_an_id_sees_its_outcome(pool: Pool, conn: Conn) -> None:
    """Committed by the other transaction it is a duplicate; rolled back it is new."""
    for committed in (True, False):
        number = int(committed)
        async with pool.acquire() as other:
            begun = other.transaction()
            await begun.start()
            await group_commit.store_new_events(other, [event(number)])
            waiting = asyncio.create_task(send_numbers(pool, number))
            await eventually(lambda: scene.waits_for_lock(conn))
            await (begun.commit if committed else begun.rollback)()
        assert await waiting == ([] if committed else [number])
    assert await stored(conn) == [0, 1]


async def send_numbers(pool: Pool, *numbers: int) -> list[int]:
    async with pool.acquire() as conn:
        return await send(conn, [event(number) for number in numbers])


groups = st.lists(st.integers(0, 12), min_size=1, max_size=8, unique=True)
happenings = st.lists(groups | st.sampled_from(["rotate", "fold"]), max_size=12)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happened=happenings)
@example(happened=[[1], "rotate", [1], "rotate", [1], "rotate", [1]])
async def test_any_sequence_is_stored_and_counted_once(conn: Conn, happened: list[list[int] | str]) -> None:
    """Compares with a model that knows an id while its leaf is probed."""
    for table in ("event", "event_seen", "event_delta", "event_rollup", "event_rollup_hour"):
        await conn.execute(f"delete from {table}")
    leaves: list[set[int]] = [set()]
    expected: list[int] = []
    for one in happened:
        if isinstance(one, list):
            new = set(one) - set[int]().union(*leaves[-3:])
            assert await send(conn, [event(number) for number in one]) == sorted(new)
            leaves[-1] |= new
            expected += new
        elif one == "rotate":
            await partitions.open_new_event_id_partition_if_due(conn, age=AT_ONCE)
            leaves.append(set())
        else:
            await fold_all(conn)
    await fold_all(conn)
    assert await stored(conn) == sorted(expected)
    assert await wrong_counts(conn) == []


@pytest.mark.usefixtures("new_connections")
async def test_a_commit_is_one_statement(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And four if the batch may contain a conversion, even without one."""
    ran: list[str] = []
    async with (
        start_relay(database_url) as relay,
        open_postgres_pool(relay.url, name="test", size=1) as pool,
        open_event_intake(pool, new_budgets()) as intake,
    ):
        relaying = keyed(PROJECT, 1)._replace(event_maps={"meta": {"open": "Opened"}})
        for app in (keyed(PROJECT, 1), relaying):
            await intake.commit_request_events(app, [event(0)], size=0)
        monkeypatch.setattr(relay, "loss_of", ran.append)
        for number in (1, 3):
            await intake.commit_request_events(keyed(PROJECT, 1), [event(number), event(2)], size=0)
        await intake.commit_request_events(relaying, [event(4), event(6)], size=0)
    words = [statement.split()[0].strip(";").lower() for statement in ran]
    assert words == ["select", "select", "begin", "select", "insert", "commit"]
