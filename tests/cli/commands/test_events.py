import asyncio
import json
import signal
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from db.pool import Conn, Pool
from domain.events import tail
from schemas import ids
from schemas.apps import SdkAppShown
from tests import seeds
from tests.cli.conftest import Tenantry, decoded, refused
from tests.domain.events.sending import NOW, PROJECT, event, fold_all, send, wrong_counts
from tests.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.usefixtures("environment")


def rebuild(since: str, until: str) -> tuple[str, ...]:
    return ("events", "rebuild", ids.show(ids.PROJECT, PROJECT), "--since", since, "--until", until, "--json")


class Shop:
    """A project with an app."""

    def __init__(self, project_id: UUID, app: SdkAppShown) -> None:
        self.project_id, self.app = project_id, app
        # Of an event that the tail shows: those of the last hour.
        self.at = datetime.now(UTC)

    def tail(self, *options: str) -> tuple[str, ...]:
        return ("events", "tail", ids.show(ids.PROJECT, self.project_id), *options)


@pytest_asyncio.fixture
async def shop(conn: Conn) -> Shop:
    org = await seeds.organization(conn)
    project_id = await seeds.project(conn, org)
    return Shop(project_id, await seeds.app(conn, org, project_id))


async def follows(conn: Conn) -> bool:
    """True once the command has passed over what was there."""
    found: bool = await conn.fetchval(
        """select exists (select from pg_stat_activity
            where datname = current_database() and application_name = 'tenantry-cli' and state = 'idle'
              and query like '%order by received_at%')"""
    )
    return found


async def followed(tenantry: Tenantry, conn: Conn, shop: Shop, *options: str) -> str:
    """What is printed of the first event that comes after another app's."""
    following = asyncio.ensure_future(
        tenantry(*shop.tail("--count", "1", "--app", shop.app.app_id, *options))
    )
    await eventually(lambda: follows(conn))
    told: dict[str, Any] = {
        "project_id": shop.project_id,
        "occurred_at": shop.at,
        "user_id": "u-7",
        "properties": '{"a":\n "\\u001b"}',
    }
    await send(conn, [event(1, app_no=2, **told)])
    await send(conn, [event(2, event_id="e-2", **told)])
    result = await following
    assert result.exit_code == 0, result.output
    assert "Following" in result.stderr
    printed: str = result.stdout
    return printed


async def test_an_event_is_printed_as_it_comes_and_hides_people(
    tenantry: Tenantry, conn: Conn, shop: Shop
) -> None:
    shown = json.loads(await followed(tenantry, conn, shop, "--json"))
    assert (shown["eventId"], shown["appId"], shown["value"]) == ("e-2", shop.app.app_id, 0.002)
    hidden = {name: shown[name] for name in ("appUserId", "anonymousId", "properties", "context")}
    assert hidden == {
        "appUserId": "[redacted]", "anonymousId": None, "properties": "[redacted]", "context": "[redacted]"
    }  # fmt: skip


async def test_with_pii_all_of_it_is_shown(tenantry: Tenantry, conn: Conn, shop: Shop) -> None:
    [line] = (await followed(tenantry, conn, shop, "--json", "--pii")).splitlines()
    shown = json.loads(line)
    assert (shown["appUserId"], shown["properties"]) == ("u-7", {"a": "\x1b"})


async def test_a_person_gets_a_line_of_signs_that_can_be_printed(
    tenantry: Tenantry, conn: Conn, shop: Shop
) -> None:
    line = await followed(tenantry, conn, shop, "--pii")
    sent = event(2)
    assert line == (
        f"{shop.at:%Y-%m-%d %H:%M:%S}Z  {sent.name}  e-2  0.002 EUR  u-7  "
        '{"a":"\\u001b"}\n'
    )  # fmt: skip


async def test_that_events_may_be_passed_over_is_said(
    tenantry: Tenantry, pool: Pool, conn: Conn, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a transaction that is still open others may come, which began before those that were shown."""
    monkeypatch.setattr(tail, "LIMIT", 1)
    following = asyncio.ensure_future(tenantry(*shop.tail("--count", "3", "--json")))
    await eventually(lambda: follows(conn))
    async with pool.acquire() as other, other.transaction():
        await other.execute("select 1")
        told: dict[str, Any] = {"project_id": shop.project_id, "occurred_at": shop.at}
        await send(conn, [event(number, **told) for number in range(3)])
        result = await following
    assert len(result.stdout.splitlines()) == 3
    assert result.stderr.count("may be passed over") == 1


async def test_what_is_not_there_is_not_followed(tenantry: Tenantry, shop: Shop) -> None:
    assert (
        "no such project"
        in refused(await tenantry("events", "tail", ids.show(ids.PROJECT, PROJECT), "--json"), 3)["message"]
    )
    other = ids.show(ids.APP, ids.new())
    assert "no such" in refused(await tenantry(*shop.tail("--app", other, "--json")), 3)["message"]


def test_ctrl_c_ends_it(shop: Shop) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", *shop.tail()], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    assert process.stderr is not None
    with process.stderr:
        assert b"Following" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == b""
        assert process.wait(PATIENCE_S) == 130


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
