"""Schedules of months run in seconds: each post at its local time in the project's time zone."""

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from schemas.settings import Settings
from tests.api.sandbox.conftest import ApiSandbox
from tests.s3.storages import MediaStorage
from tests.servers import ServerPair, settings_for
from tools.bench.cpu import read_postgres_cpu_s

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def settings(own_servers: ServerPair, media_kept: MediaStorage) -> Settings:
    """Use servers that serve only this test."""
    return settings_for(own_servers.postgres.url, own_servers.valkey.url, **media_kept.settings)


def cpu_s(servers: ServerPair) -> float:
    """Return the CPU time so far of this process (API and workers) and of both servers."""
    return time.process_time() + sum(read_postgres_cpu_s(server.pid) for server in servers)


@pytest.mark.long
async def test_ninety_days_of_a_daily_schedule_take_less_than_twenty_seconds(
    sandbox: ApiSandbox, own_servers: ServerPair
) -> None:
    """CPU of all participants, independent of other load on the machine.

    `tests/workers/tasks/test_advance_clock.py` bounds the clock's waiting time.
    """
    account = await sandbox.account()
    today = (await sandbox.now()).astimezone(BERLIN).date()
    days = [today + timedelta(days=day) for day in range(1, 91)]
    await sandbox.schedule_locally(account, [f"{day}T07:00" for day in days])
    before_s = cpu_s(own_servers)
    clock = await sandbox.advance(advance="91d")
    took_s = cpu_s(own_servers) - before_s
    assert clock["duePosts"] == 90
    posts = await sandbox.posts()
    went = [datetime.fromisoformat(post["publishedAt"]).astimezone(BERLIN) for post in posts]
    assert [(at.date(), at.hour, at.minute) for at in went] == [(day, 7, 0) for day in days]
    assert {post["status"] for post in posts} == {"published"}
    assert took_s < 20
