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
    project = ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, PROJECT)
    return ("events", "rebuild", project, "--since", since, "--until", until, "--json")


class Shop:
    """Project with an app."""

    def __init__(self, project_id: UUID, app: SdkAppShown) -> None:
        self.project_id, self.app = project_id, app
        # The tail shows events of the last hour.
        self.at = datetime.now(UTC)

    def tail(self, *options: str) -> tuple[str, ...]:
        return ("events", "tail", ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, self.project_id), *options)


@pytest_asyncio.fixture
async def shop(conn: Conn) -> Shop:
    org = await seeds.organization(conn)
    project_id = await seeds.project(conn, org)
    return Shop(project_id, await seeds.app(conn, org, project_id))


async def is_following(conn: Conn) -> bool:
    """Return whether the command has skipped the existing events."""
    is_idle: bool = await conn.fetchval(
        """select exists (select from pg_stat_activity
            where datname = current_database() and application_name = 'tenantry-cli' and state = 'idle'
              and query like '%order by received_at%')"""
    )
    return is_idle


async def followed(tenantry: Tenantry, conn: Conn, shop: Shop, *options: str) -> str:
    """Return the output for the first event after an event of another app."""
    following = asyncio.ensure_future(tenantry(*shop.tail("--count", "1", "--app", shop.app.app_id, *options)))
    await eventually(lambda: is_following(conn))
    fields: dict[str, Any] = {
        "project_id": shop.project_id,
        "occurred_at": shop.at,
        "user_id": "u-7",
        "properties": '{"a":\n "\\u001b"}',
    }
    await send(conn, [event(1, app_no=2, **fields)])
    await send(conn, [event(2, event_id="e-2", **fields)])
    result = await following
    assert result.exit_code == 0, result.output
    assert "Following" in result.stderr
    printed: str = result.stdout
    return printed


async def test_tail_prints_events_without_personal_data(tenantry: Tenantry, conn: Conn, shop: Shop) -> None:
    shown = json.loads(await followed(tenantry, conn, shop, "--json"))
    assert (shown["eventId"], shown["appId"], shown["value"]) == ("e-2", shop.app.app_id, 0.002)
    hidden = {name: shown[name] for name in ("appUserId", "anonymousId", "properties", "context")}
    assert hidden == {
        "appUserId": "[redacted]", "anonymousId": None, "properties": "[redacted]", "context": "[redacted]"
    }  # fmt: skip


async def test_a_text_line_has_only_printable_characters(tenantry: Tenantry, conn: Conn, shop: Shop) -> None:
    line = await followed(tenantry, conn, shop, "--pii")
    sent = event(2)
    assert line == (
        f"{shop.at:%Y-%m-%d %H:%M:%S}Z  {sent.name}  e-2  0.002 EUR  u-7  "
        '{"a":"\\u001b"}\n'
    )  # fmt: skip


async def test_tail_warns_once_about_skipped_events(
    tenantry: Tenantry, pool: Pool, conn: Conn, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keep a transaction open: it may commit events older than the shown ones."""
    monkeypatch.setattr(tail, "MAX_EVENTS_PER_TAIL_POLL", 1)
    following = asyncio.ensure_future(tenantry(*shop.tail("--count", "3", "--json")))
    await eventually(lambda: is_following(conn))
    async with pool.acquire() as other, other.transaction():
        await other.execute("select 1")
        fields: dict[str, Any] = {"project_id": shop.project_id, "occurred_at": shop.at}
        await send(conn, [event(number, **fields) for number in range(3)])
        result = await following
    assert len(result.stdout.splitlines()) == 3
    assert result.stderr.count("may be skipped") == 1


async def test_unknown_projects_and_apps_are_not_found(tenantry: Tenantry, shop: Shop) -> None:
    unknown = ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, PROJECT)
    assert "no such project" in refused(await tenantry("events", "tail", unknown, "--json"), 3)["message"]
    other = ids.format_prefixed_id(ids.SDK_APP_ID_PREFIX, ids.new_uuid7())
    assert "no such" in refused(await tenantry(*shop.tail("--app", other, "--json")), 3)["message"]


def test_ctrl_c_ends_tail(shop: Shop) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", *shop.tail()], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    assert process.stderr is not None
    with process.stderr:
        assert b"Following" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == b""
        assert process.wait(PATIENCE_S) == 130


async def test_rebuild_recounts_days(tenantry: Tenantry, conn: Conn) -> None:
    await send(conn, [event(number, occurred_at=NOW) for number in range(30)])
    await fold_all(conn)
    await conn.execute("update event_rollup set n = n + 1")
    day = NOW.date().isoformat()
    answer = await tenantry(*rebuild(day, day))
    assert decoded(answer) == {"rebuilt": [day]}
    assert await wrong_counts(conn) == []


async def test_a_deleted_day_and_reversed_days_are_refused(tenantry: Tenantry) -> None:
    for since, until, said in (
        ("2020-01-01", "2020-01-01", "no events of 2020-01-01"),
        ("2026-11-03", "2026-11-01", "before the first"),
    ):
        assert said in refused(await tenantry(*rebuild(since, until)), 2)["message"]
