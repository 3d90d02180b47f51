import pytest

from db.pool import Conn
from schemas import ids
from tests.cli.conftest import Tenantry, decoded, refused
from tests.domain.events.sending import NOW, PROJECT, event, fold_all, send, wrong_counts

pytestmark = pytest.mark.usefixtures("environment")


def rebuild(since: str, until: str) -> tuple[str, ...]:
    return ("events", "rebuild", ids.show(ids.PROJECT, PROJECT), "--since", since, "--until", until, "--json")


async def test_days_are_counted_anew(tenantry: Tenantry, conn: Conn) -> None:
    await send(conn, [event(number, occurred_at=NOW) for number in range(30)])
    await fold_all(conn)
    await conn.execute("update event_rollup set n = n + 1")
    day = NOW.date().isoformat()
    answer = await tenantry(*rebuild(day, day))
    assert decoded(answer) == {"rebuilt": [day]}
    assert await wrong_counts(conn) == []


async def test_a_day_that_is_gone_is_said(tenantry: Tenantry) -> None:
    assert (
        "no events of 2020-01-01"
        in refused(await tenantry(*rebuild("2020-01-01", "2020-01-01")), 2)["message"]
    )


async def test_days_the_wrong_way_round_are_refused(tenantry: Tenantry) -> None:
    assert "before the first" in refused(await tenantry(*rebuild("2026-11-03", "2026-11-01")), 2)["message"]
