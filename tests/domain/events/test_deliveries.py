"""Deliveries: few requested ones are found among very many others."""

from collections.abc import Sequence

import pytest

from db.pool import Conn
from domain.apps.app_numbers import NumberedApp, ProjectApps
from domain.events import deliveries
from schemas import ids
from schemas.conversions import ConversionState
from tests import plans
from tests.domain.events.sending import PROJECT

pytestmark = pytest.mark.fresh

MANY, FEW = 5_000, 5
APPS = ProjectApps(PROJECT, {1: NumberedApp(ids.new_uuid7(), 1, "web")}, None)


async def count(conn: Conn, states: Sequence[ConversionState] | None, limit: int = 50) -> int:
    found = await deliveries.list_deliveries_of_project(
        conn, apps=APPS, destinations=None, states=states, show_id=str, before=None, limit=limit
    )
    return len(found)


@pytest.mark.parametrize(
    ("states", "most"),
    [
        (["failed"], "delivered"),
        (["failed", "expired"], "pending"),
        (["pending"], "delivered"),
        (["pending"], "failed"),
        (["pending", "failed"], "delivered"),
    ],
)
async def test_rare_states_are_found_among_many_rows(
    conn: Conn, states: Sequence[ConversionState], most: ConversionState
) -> None:
    """By a plan for an empty table, and by one with statistics."""
    # Otherwise the few might be analyzed before the many exist, which gives another plan.
    await conn.execute("alter table event_conversion set (autovacuum_enabled = false)")
    for _ in range(plans.TIMES):
        await count(conn, states)
    few = [*{*states} - {"expired"}]
    for place, (state, n) in enumerate([*((state, FEW) for state in few), (most, MANY)]):
        await conn.execute(
            """insert into event_conversion (project_id, app_no, destination, event_key, id, name, event_name,
                                             occurred_at, state)
               select $1, 1, 'meta', gen_random_uuid(),
                      ('00000000-0000-7000-8000-' || lpad(to_hex(i + $4), 12, '0'))::uuid, 'buy', 'Purchase',
                      now(), $2
                 from generate_series(1, $3::int) i""",
            PROJECT, state, n, place * MANY,
        )  # fmt: skip
    for step in ("select", "analyze event_conversion"):
        await conn.execute(step)
        async with plans.reading(conn, "event_conversion") as found:
            assert await count(conn, states) == FEW * len(few)
        assert (found.scans, found.rows) == (0, FEW * len(few))
    assert await count(conn, None, 2 * MANY) == MANY + FEW * len(few)
