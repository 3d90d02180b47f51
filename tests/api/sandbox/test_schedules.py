"""Schedules of months, in seconds: each post at its time by the clocks of its project's zone."""

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.api.sandbox.conftest import Sandbox

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.long
async def test_ninety_days_of_a_daily_schedule_take_less_than_twenty_seconds(sandbox: Sandbox) -> None:
    """Of this process, which is API and workers: what else the machine does is no matter of theirs."""
    account = await sandbox.account()
    today = (await sandbox.now()).astimezone(BERLIN).date()
    days = [today + timedelta(days=day) for day in range(1, 91)]
    await sandbox.plan(account, [f"{day}T07:00" for day in days])
    before_s = time.process_time()
    clock = await sandbox.advance(advance="91d")
    took_s = time.process_time() - before_s
    assert clock["duePosts"] == 90
    posts = await sandbox.posts()
    went = [datetime.fromisoformat(post["publishedAt"]).astimezone(BERLIN) for post in posts]
    assert [(at.date(), at.hour, at.minute) for at in went] == [(day, 7, 0) for day in days]
    assert {post["status"] for post in posts} == {"published"}
    assert took_s < 20
