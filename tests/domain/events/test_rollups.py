"""Rollups match the events after folds and rebuilds. `test_event_names.py` shows it while writers run."""

from datetime import timedelta
from uuid import uuid4

import pytest

from db.pool import Conn
from domain.events import rollups
from schemas.errors import InvalidValue
from tests.domain.events.sending import NOW, PROJECT, event, fold_all, send, wrong_counts

OTHER = uuid4()
#: The largest value of an event, in millionths.
LARGEST = 10**15


async def test_counts_are_those_of_the_events(conn: Conn) -> None:
    """Also of values with a sum above bigint, of both signs, and of none."""
    sent = [event(n, value_micros=LARGEST) for n in range(0, 30_000, 3)]
    sent += [event(n, value_micros=-LARGEST, occurred_at=NOW, name="refund") for n in range(1, 100)]
    for start in range(0, len(sent), 4_000):
        await send(conn, sent[start : start + 4_000])
    await send(conn, [event(n, project_id=OTHER) for n in range(100)])
    await fold_all(conn)
    assert await wrong_counts(conn) == []
    assert await conn.fetchval("select sum(value_micros) > 2 ^ 63 from event_rollup where name = 'open'")
    assert not await conn.fetchval("select exists (select from event_delta)")


async def test_rebuild_corrects_only_the_days_counts(conn: Conn) -> None:
    await send(conn, [event(n) for n in range(200)])
    await send(conn, [event(n, project_id=OTHER) for n in range(200)])
    await fold_all(conn)
    await conn.execute("update event_rollup set n = n + 1 where name = 'open'")
    await conn.execute("delete from event_rollup_hour where name = 'sign_up'")
    await conn.execute(
        "insert into event_rollup select distinct project_id, 'never', bucket, 1, '', 1, 1 from event_rollup"
    )
    await send(conn, [event(n) for n in range(200, 300)])
    for project_id in (PROJECT, OTHER):
        for day in {(NOW - timedelta(minutes=n)).date() for n in range(600)}:
            await rollups.rebuild_event_counts(conn, project_id=project_id, day=day)
    await fold_all(conn)
    assert await wrong_counts(conn) == []


async def test_dropped_day_keeps_its_counts(conn: Conn) -> None:
    await send(conn, [event(1, occurred_at=NOW - timedelta(days=2))])
    await fold_all(conn)
    gone = (NOW - timedelta(days=2)).date()
    await conn.execute(f"drop table event_{gone:%Y%m%d}")
    with pytest.raises(InvalidValue):
        await rollups.rebuild_event_counts(conn, project_id=PROJECT, day=gone)
    assert await conn.fetchval("select sum(n) from event_rollup where name <> ''") == 1
