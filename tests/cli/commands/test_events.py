import pytest

from db.pool import Conn
from schemas import ids
from tests.cli.conftest import Tenantry, decoded, refused
from tests.domain.events.sending import NOW, PROJECT, event, fold_all, send, wrong_counts

pytestmark = pytest.mark.usefixtures("environment")


async def test_days_are_counted_anew(tenantry: Tenantry, conn: Conn) -> None:
    await send(conn, [event(number, occurred_at=NOW) for number in range(30)])
    await fold_all(conn)
    await conn.execute("update event_rollup set n = n + 1")
    project, day = ids.show(ids.PROJECT, PROJECT), NOW.date().isoformat()
    answer = await tenantry("events", "rebuild", project, "--since", day, "--until", day, "--json")
    assert decoded(answer) == {"rebuilt": [day]}
    assert await wrong_counts(conn) == []


async def test_a_day_that_is_gone_is_said(tenantry: Tenantry) -> None:
    words = (
        "events",
        "rebuild",
        ids.show(ids.PROJECT, PROJECT),
        "--since",
        "2020-01-01",
        "--until",
        "2020-01-01",
    )
    assert "no events of 2020-01-01" in refused(await tenantry(*words, "--json"), 2)["message"]
