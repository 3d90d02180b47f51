"""A sandbox's clock: allowed moves, visible times, and independence of other organizations."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from litestar import Litestar

from api.limits import rate_limits
from db.pool import Pool
from tests import seeds
from tests.api.conftest import ApiCaller, open_caller
from tests.api.sandbox.conftest import ApiSandbox

CLOCK = "/v1/sandbox/clock"

#: Names of the tables with an organization.
TABLES = """
    select c.table_name
      from information_schema.columns c
      join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
     where c.table_schema = 'public'
       and c.column_name = 'organization_id'
       and t.table_type = 'BASE TABLE'
"""


@pytest_asyncio.fixture
async def resting_sandbox(app: Litestar, pool: Pool) -> Any:
    """A sandbox without a worker that moves its clock."""
    async with open_caller(app, pool, "Acme", env="test") as caller:
        yield caller


async def read_rows(pool: Pool, org: UUID) -> dict[str, list[str]]:
    """Return all rows of an organization, as text."""
    tables = [row["table_name"] for row in await pool.fetch(TABLES)]
    found = {}
    for table in tables:
        rows = await pool.fetch(f"select t::text as row from {table} t where organization_id = $1", org)
        found[table] = sorted(row["row"] for row in rows)
    return found


async def test_scheduled_post_is_published_at_its_sandbox_time(sandbox: ApiSandbox) -> None:
    post = await sandbox.schedule(await sandbox.account(), scheduledFor=await sandbox.time_after(days=6))
    created, asked_at = await sandbox.read_post(post), await sandbox.now()
    clock = await sandbox.advance(advance="7d")
    assert (clock["status"], clock["target"], clock["duePosts"], clock["dueJobs"]) == ("ready", None, 1, 1)
    assert timedelta() <= datetime.fromisoformat(clock["now"]) - asked_at - timedelta(days=7) < timedelta(minutes=1)
    shown = await sandbox.read_post(post)
    assert shown["status"] == "published"
    went = datetime.fromisoformat(shown["publishedAt"]) - datetime.fromisoformat(created["scheduledFor"])
    assert timedelta() <= went < timedelta(minutes=1)
    for name in ("scheduledFor", "createdAt", "id", "jobId"):
        assert shown[name] == created[name]
    again = await sandbox.post(f"/v1/scheduled-posts/{post}/reschedule", {}, status=422)
    assert again["error"]["code"] == "VALIDATION"


async def test_concurrent_reader_sees_stable_times(sandbox: ApiSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A post's creation time is stable while the clock moves."""
    # A continuous reader would exceed a sandbox's rate limit.
    monkeypatch.setitem(
        rate_limits.REQUEST_RATE_LIMITS_BY_TIER, "sandbox", rate_limits.REQUEST_RATE_LIMITS_BY_TIER["partner"]
    )
    account = await sandbox.account()
    posts = [
        await sandbox.schedule(account, f"Bread {day}", scheduledFor=await sandbox.time_after(days=day))
        for day in range(1, 4)
    ]
    created = [await sandbox.read_post(post) for post in posts]
    started = await sandbox.post(CLOCK, {"advance": "4d"}, status=202)
    path, looks = f"/v1/jobs/{started['jobId']}", 0
    while (await sandbox.get(path))["status"] == "running":
        shown = {post["id"]: post for post in await sandbox.posts()}
        for one in created:
            assert shown[one["id"]]["createdAt"] == one["createdAt"]
            assert shown[one["id"]]["scheduledFor"] == one["scheduledFor"]
        looks += 1
    assert looks
    assert {post["status"] for post in await sandbox.posts()} == {"published"}


async def test_timeline_continues_after_its_cursor(sandbox: ApiSandbox) -> None:
    """Each entry appears once, with its original time."""
    post = await sandbox.schedule(await sandbox.account(), scheduledFor=await sandbox.time_after(hours=1))
    for hours in (2, 3, 4):
        to = await sandbox.time_after(hours=hours)
        await sandbox.post(f"/v1/scheduled-posts/{post}/reschedule", {"scheduledFor": to})
    path = f"/v1/scheduled-posts/{post}/timeline"
    page = await sandbox.get(path, limit=2)
    await sandbox.advance(advance="1d")
    rest = await sandbox.get(path, limit=200, cursor=page["nextCursor"])
    whole = (await sandbox.get(path, limit=200))["items"]
    assert [entry["type"] for entry in whole].count("rescheduled") == 3
    assert page["items"] + rest["items"] == whole


async def test_clock_moves_only_forward_within_its_limit(resting_sandbox: ApiCaller, pool: Pool) -> None:
    before = await read_rows(pool, resting_sandbox.organization_id)
    refusals: tuple[tuple[dict[str, Any], str], ...] = (
        ({}, "now"),
        ({"now": "2099-01-01T00:00:00Z", "advance": "1d"}, "now"),
        *(({"now": now}, "now") for now in ("2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "tomorrow")),
        *(({"advance": by}, "advance") for by in ("401d", "0d", "-1d", "P1D", "999999999d", 86400)),
        ({"by": "1d"}, "by"),
    )
    for body, path in refusals:
        answer = await resting_sandbox.http.post(CLOCK, json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "VALIDATION"), answer.text
        assert answer.json()["error"]["details"]["issues"][0]["path"] == path
    assert await read_rows(pool, resting_sandbox.organization_id) == before
    # The total is limited, too.
    move = "update sandbox_clock set ahead = interval '399 days' where organization_id = $1"
    await pool.execute(move, resting_sandbox.organization_id)
    for too_far in ("25h", "999999999d"):
        answer = await resting_sandbox.http.post(CLOCK, json={"advance": too_far})
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "VALIDATION"), answer.text
    assert (await resting_sandbox.http.post(CLOCK, json={"advance": "24h"})).status_code == 202


async def test_advance_with_many_stops_is_split(resting_sandbox: ApiCaller, pool: Pool) -> None:
    """1,500 jobs, one a minute: each stop would age all of them."""
    await pool.execute(
        """insert into job
                  (organization_id, id, kind, pool, state, stage, args, max_attempts, run_at, deadline_at)
           select $1, gen_random_uuid(), 'publish_post', 'publish', 'queued', 'scheduled', '{}', 1,
                  now() + minute * interval '1 minute', now() + interval '9 days'
             from generate_series(1, 1500) minute""",
        resting_sandbox.organization_id,
    )
    answer = await resting_sandbox.http.post(CLOCK, json={"advance": "2d"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "VALIDATION"), answer.text
    [issue] = answer.json()["error"]["details"]["issues"]
    assert (issue["path"], "advance in parts" in issue["message"]) == ("advance", True)
    assert (await resting_sandbox.http.post(CLOCK, json={"advance": "3h"})).status_code == 202


async def test_a_live_organization_has_no_clock(acme: ApiCaller, pool: Pool) -> None:
    before = await read_rows(pool, acme.organization_id)
    answers = [await acme.http.get(CLOCK), await acme.http.post(CLOCK, json={"advance": "1d"})]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert await read_rows(pool, acme.organization_id) == before


async def test_rows_of_others_are_unchanged(sandbox: ApiSandbox, rival: ApiCaller) -> None:
    """Neither those of another organization nor those of the sandbox's live organization."""
    live = await sandbox.pool.fetchval("select live_organization_id from organization where id = $1", sandbox.org)
    async with sandbox.pool.acquire() as conn:
        for org in (rival.organization_id, live):
            project_id = await seeds.project(conn, org)
            account_id = await seeds.account(conn, org, project_id)
            content_id = await seeds.content(conn, org, project_id)
            await seeds.post(conn, org, content_id, account_id, at=datetime.now(UTC) + timedelta(days=3))
        await conn.execute("update social_account set collect_at = null where organization_id <> $1", sandbox.org)
    before = [await read_rows(sandbox.pool, org) for org in (rival.organization_id, live)]
    assert before[0]["scheduled_post"]
    await sandbox.advance(advance="30d")
    assert [await read_rows(sandbox.pool, org) for org in (rival.organization_id, live)] == before


async def test_a_repeat_with_its_key_moves_the_clock_once(sandbox: ApiSandbox) -> None:
    headers = {"Idempotency-Key": "to-tomorrow"}
    first, second = [await sandbox.caller.http.post(CLOCK, json={"advance": "1d"}, headers=headers) for _ in range(2)]
    assert first.status_code == second.status_code == 202
    assert first.json() == second.json()
    await sandbox.wait_for_job(first.json()["jobId"])
    third = await sandbox.caller.http.post(CLOCK, json={"advance": "1d"}, headers=headers)
    assert third.json() == first.json()
    assert 86_000 < (await sandbox.get(CLOCK))["offsetSeconds"] <= 86_400


async def test_writes_are_refused_during_an_advance(resting_sandbox: ApiCaller, pool: Pool) -> None:
    answers = await asyncio.gather(*(resting_sandbox.http.post(CLOCK, json={"advance": "1d"}) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409]
    before = await read_rows(pool, resting_sandbox.organization_id)
    refused = await resting_sandbox.http.post("/v1/projects", json={"name": "Shop", "timezone": "Europe/Berlin"})
    details = refused.json()["error"]["details"]
    [started] = [answer.json() for answer in answers if answer.status_code == 202]
    assert details == {"reason": "CLOCK_ADVANCING", "jobId": started["jobId"]}
    assert await read_rows(pool, resting_sandbox.organization_id) == before
    assert (await resting_sandbox.http.get(CLOCK)).json()["status"] == "advancing"
    key = (await resting_sandbox.http.get("/v1/api-keys")).json()["items"][0]["id"]
    assert (await resting_sandbox.http.post(f"/v1/api-keys/{key}/kill")).status_code == 200
