"""Waits of a sandbox: waits of hours or days end once its clock has moved."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.api.sandbox.conftest import ApiSandbox


async def test_magic_handles_follow_the_clock(sandbox: ApiSandbox) -> None:
    """A throttled post and one with a lost answer are published; one that waits for its owner expires."""
    when = await sandbox.time_after(hours=20)
    handles = ("rate_limited", "unknown_then_found", "unknown_forever", "fail_auth")
    posts = {
        handle: await sandbox.schedule(await sandbox.account(handle), handle, scheduledFor=when) for handle in handles
    }
    await sandbox.advance(advance="23h")
    shown = {handle: await sandbox.read_post(post) for handle, post in posts.items()}
    assert {handle: post["status"] for handle, post in shown.items()} == {
        "rate_limited": "published",
        "unknown_then_found": "published",
        "unknown_forever": "outcome_unknown",
        "fail_auth": "failed",
    }
    waited = datetime.fromisoformat(shown["rate_limited"]["publishedAt"]) - datetime.fromisoformat(when)
    assert timedelta(seconds=5) <= waited < timedelta(minutes=5)
    assert shown["fail_auth"]["lastError"]["code"] == "TOO_LATE"


async def test_quota_refills_with_the_clock(sandbox: ApiSandbox) -> None:
    """Five posts at one time take an hour, with a quota of two posts in half an hour."""
    account = await sandbox.account()
    await sandbox.pool.execute("update social_account set quota_posts = 2, quota_window_s = 1800")
    when = await sandbox.time_after(hours=1)
    for place in range(5):
        await sandbox.schedule(account, f"Bread {place}", scheduledFor=when)
    await sandbox.advance(advance="4h")
    went = sorted(
        datetime.fromisoformat(post["publishedAt"]) - datetime.fromisoformat(when) for post in await sandbox.posts()
    )
    assert [after // timedelta(minutes=30) for after in went] == [0, 0, 1, 1, 2]


async def test_token_is_refreshed_by_age(sandbox: ApiSandbox) -> None:
    """Instagram's tokens last 60 days and are refreshed on day 50."""
    account = f"/v1/social-accounts/{await sandbox.connect('instagram')}"
    await sandbox.pool.execute("update social_account set collect_at = null")
    connected = await sandbox.now()
    ends = datetime.fromisoformat((await sandbox.get(account))["tokenExpiresAt"])
    assert timedelta(days=59) < ends - connected <= timedelta(days=60)
    await sandbox.advance(advance="49d")
    assert datetime.fromisoformat((await sandbox.get(account))["tokenExpiresAt"]) == ends
    await sandbox.advance(advance="2d")
    refreshed = datetime.fromisoformat((await sandbox.get(account))["tokenExpiresAt"]) - connected
    assert timedelta(days=109) < refreshed < timedelta(days=111)


@pytest.mark.long
async def test_posts_survive_a_change_of_clocks(sandbox: ApiSandbox) -> None:
    """A missing 02:30 becomes 03:30; a repeated 02:30 is the first one."""
    zone = ZoneInfo("Europe/Berlin")
    account = await sandbox.account()
    await sandbox.pool.execute("update social_account set collect_at = null")
    gap, fold = sorted([await next_clock_change(sandbox, zone, gains) for gains in (True, False)])
    for day in (gap, fold):
        await sandbox.advance(now=f"{day - timedelta(days=1):%Y-%m-%dT12:00:00Z}")
        rule, hour = ("gap_shifted", 3) if day.month < 6 else ("fold_first", 2)
        created = await sandbox.schedule_many([account], f"Of {day:%B}", localTime=f"{day:%Y-%m-%d}T02:30")
        assert created["timeRule"] == rule
        await sandbox.advance(advance="24h")
        post = await sandbox.read_post(created["scheduledPosts"][0]["id"])
        went = datetime.fromisoformat(post["publishedAt"]).astimezone(zone)
        assert (went.date(), went.hour, went.minute, went.fold) == (day.date(), hour, 30, 0)


async def next_clock_change(sandbox: ApiSandbox, zone: ZoneInfo, gains: bool) -> datetime:
    """Return the next day with a change of clocks in the zone: forward if it gains."""
    day = (await sandbox.now()).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)
    while True:
        before, after = ((day + timedelta(hours=hours)).astimezone(zone).utcoffset() for hours in (0, 2))
        assert before is not None
        assert after is not None
        if before != after and (after > before) == gains:
            return day
        day += timedelta(days=1)


async def test_figures_belong_to_their_days(sandbox: ApiSandbox) -> None:
    account = await sandbox.account()
    start = await sandbox.now()
    # Noon, which is in the middle of a day in Berlin, too.
    noon = start.replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1)
    await sandbox.schedule(account, scheduledFor=f"{noon:%Y-%m-%dT%H:%M:%SZ}")
    await sandbox.advance(advance="5d")
    project = f"/v1/projects/{sandbox.shown_project}"
    since = f"{start:%Y-%m-%dT00:00:00Z}"
    answer = await sandbox.get(f"{project}/metrics", metrics="views,posts_published", since=since, granularity="day")
    zone = ZoneInfo("Europe/Berlin")
    day_of_post = f"{noon.astimezone(zone):%Y-%m-%d}"
    values = {bucket["bucket"]: bucket["values"] for bucket in answer["series"]}
    assert [day for day, of in values.items() if of["posts_published"]] == [day_of_post]
    seen = {day for day, of in values.items() if of["views"]}
    assert len(seen) >= 3
    assert min(seen) >= day_of_post
    assert datetime.fromisoformat(answer["asOf"]) >= start + timedelta(days=5)
