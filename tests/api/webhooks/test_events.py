"""Webhook events as sent and listed: the object as its GET returns it, with stable bytes."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from litestar import Litestar

from db.pool import Pool, run_in_transaction
from db.queries import sandbox_clock
from domain.webhooks import events
from schemas import ids
from tests.api.all_objects import an_account
from tests.api.conftest import ApiCaller, list_pages, open_caller, read_answer, uuid_of
from tests.api.participants import new_project
from tests.api.refusals import assert_refused
from tests.domain.webhooks import watching

ALL = "/v1/webhook-events"


async def list_events(caller: ApiCaller, **params: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = read_answer(await caller.http.get(ALL, params=params))["items"]
    return items


async def create_endpoint(pool: Pool, caller: ApiCaller) -> None:
    async with pool.acquire() as conn:
        await watching.listen(conn, caller.organization_id)


async def read_body(pool: Pool, caller: ApiCaller, shown: str) -> bytes:
    """Return an event's body, as sent."""
    render = partial(
        events.read_or_render_webhook_event_body,
        organization_id=caller.organization_id,
        event_id=uuid_of(shown),
        public_url="http://localhost",
    )
    return await run_in_transaction(pool, render)


async def create_busy_project(caller: ApiCaller, pool: Pool) -> str:
    """Create a project with an event of each kind, and return its id."""
    project = await new_project(caller)
    account = await an_account(caller.http, pool, project)
    form = {"caption": (None, "Hello")}
    content = (await caller.http.post(f"/v1/projects/{project}/content/upload", files=form)).json()["id"]
    targets = {"targets": [{"socialAccountId": account}], "localTime": "2027-03-01T09:00"}
    await caller.http.post(f"/v1/content/{content}/schedule", json={**targets, "allowDuplicate": True})
    await caller.http.patch(f"/v1/projects/{project}/approval-policy", json={"requiresApproval": True})
    waits = (await caller.http.post(f"/v1/projects/{project}/content/upload", files=form)).json()["id"]
    await caller.http.post(f"/v1/content/{waits}/approve", json={})
    page = {"url": "https://example.com"}
    job = (await caller.http.post(f"/v1/projects/{project}/ingest/website", json=page)).json()["jobId"]
    await caller.http.post(f"/v1/jobs/{job}/cancel")
    asked = f"/v1/projects/{project}/leased-accounts/request"
    request = (await caller.http.post(asked, json={"count": 1, "niche": "x"})).json()["requestId"]
    await pool.execute("update lease_request set status = 'rejected', reason = 'x' where id = $1", request[5:])
    await caller.http.delete(f"/v1/projects/{project}")
    return project


async def test_object_equals_its_get(app: Litestar, pool: Pool) -> None:
    """In a sandbox with an advanced clock, where each time is shifted; test_streams.py has a live organization."""
    async with open_caller(app, pool, "Acme", env="test") as sandbox:
        ahead = "update sandbox_clock set ahead = interval '3 days' where organization_id = $1"
        await pool.execute(ahead, sandbox.organization_id)
        await check_objects_equal_gets(sandbox, pool)


async def check_objects_equal_gets(acme: ApiCaller, pool: Pool) -> None:
    await create_endpoint(pool, acme)
    project = await create_busy_project(acme, pool)
    found = await list_events(acme)
    kinds = [one["type"] for one in reversed(found)]
    assert kinds == [
        "social_account.connected", "post.scheduled", "content.approved", "job.canceled",
        "lease_request.rejected", "project.archived",
    ]  # fmt: skip
    for one in found:
        sent = msgspec.json.decode(await read_body(pool, acme, one["id"]))
        assert {name: sent[name] for name in ("id", "type", "createdAt", "projectId")} == one
        assert sent["projectId"] == project
        answer = await acme.http.get(sent["data"]["objectUrl"])
        assert answer.status_code == 200, sent
        assert sent["data"]["object"] == answer.json()
        assert (await acme.http.get(f"{ALL}/{one['id']}")).json() == sent


async def test_concurrent_renderings_have_the_same_bytes(acme: ApiCaller, pool: Pool) -> None:
    await create_endpoint(pool, acme)
    project = await new_project(acme)
    await acme.http.delete(f"/v1/projects/{project}")
    [event] = await list_events(acme)
    first, *others = await asyncio.gather(*(read_body(pool, acme, event["id"]) for _ in range(5)))
    await acme.http.patch(f"/v1/projects/{project}", json={"name": "Renamed"})
    assert {first} == {*others, await read_body(pool, acme, event["id"])}


async def test_a_later_rendering_has_a_higher_number(acme: ApiCaller, pool: Pool) -> None:
    await create_endpoint(pool, acme)
    project = await new_project(acme)
    await acme.http.post("/v1/webhook-endpoints", json={"url": "https://a.example.com", "events": ["*"]})
    account = await an_account(acme.http, pool, project)
    await read_body(pool, acme, (await list_events(acme))[0]["id"])
    await acme.http.delete(f"/v1/social-accounts/{account}")
    newer, older = [msgspec.json.decode(await read_body(pool, acme, event["id"])) for event in await list_events(acme)]
    assert newer["data"]["version"] > older["data"]["version"]
    assert [event["data"]["object"]["status"] for event in (older, newer)] == ["connected", "disconnected"]


async def test_deleted_or_large_object_is_omitted(acme: ApiCaller, pool: Pool) -> None:
    await create_endpoint(pool, acme)
    project = await new_project(acme)
    await pool.execute("update project set metadata = jsonb_build_object('a', repeat('x', 30000))")
    await acme.http.delete(f"/v1/projects/{project}")
    job = "insert into webhook_event (organization_id, id, type, object_id) values ($1, new_uuid(), $2, $1)"
    for kind in events._WEBHOOK_OBJECT_KINDS:
        await pool.execute(job, acme.organization_id, f"{kind}.x")
    await pool.execute("update webhook_event set type = 'job.failed' where type = 'job.x'")
    for one in await pool.fetch("select id from webhook_event"):
        sent = await read_body(pool, acme, ids.format_prefixed_id(ids.WEBHOOK_EVENT_ID_PREFIX, one["id"]))
        assert len(sent) <= events.MAX_WEBHOOK_EVENT_BODY_BYTES
        assert msgspec.json.decode(sent)["data"]["object"] is None


async def test_clock_advance_emits_no_event(acme: ApiCaller, pool: Pool) -> None:
    """For any move of its clock, and any statement."""
    await create_busy_project(acme, pool)
    await pool.execute("update lease_request set status = 'partial', assigned_at = now()")
    await create_endpoint(pool, acme)
    scope = {"org": acme.organization_id, "by": timedelta(hours=1)}
    async with pool.acquire() as conn:
        for statement in sandbox_clock:
            if "by" in statement.parameters and statement.name.startswith("age_"):
                own = {"own": None} if "own" in statement.parameters else {}
                await statement.run(conn, **scope, **own)
    assert await pool.fetch("select type from webhook_event") == []


async def test_events_are_filtered_and_paged(acme: ApiCaller, pool: Pool) -> None:
    await create_endpoint(pool, acme)
    first, second = await new_project(acme), await new_project(acme)
    for project in (first, second):
        await an_account(acme.http, pool, project)
        await acme.http.delete(f"/v1/projects/{project}")
    assert len(await list_events(acme, type="project.archived")) == 2
    assert {event["projectId"] for event in await list_events(acme, projectId=second)} == {second}
    [event] = await list_events(acme, projectId=first, type="social_account.connected,job.failed")
    pages = await list_pages(acme.http, ALL, limit="3")
    assert pages == await list_events(acme)
    assert event in pages[3:]
    assert (await acme.http.get(ALL, params={"type": "x"})).status_code == 422


async def test_events_are_hidden_from_other_organizations(acme: ApiCaller, rival: ApiCaller, pool: Pool) -> None:
    for caller in (acme, rival):
        await create_endpoint(pool, caller)
    await create_busy_project(acme, pool)
    assert await list_events(rival) == []
    assert (
        await pool.fetchval("select count(*) from webhook_delivery where organization_id = $1", rival.organization_id)
        == 0
    )
    for event in await list_events(acme):
        assert_refused(await rival.http.get(f"{ALL}/{event['id']}"), 404, "NOT_FOUND")


async def test_events_are_kept_for_thirty_days_with_their_deliveries(acme: ApiCaller, pool: Pool) -> None:
    await create_endpoint(pool, acme)
    for _ in range(3):
        await acme.http.delete(f"/v1/projects/{await new_project(acme)}")
    [new, *older] = await pool.fetch("select id from webhook_event order by id desc")
    moved = []
    for row, days in zip(older, (29, 31), strict=True):
        then = ids.first_uuid7_at(datetime.now(UTC) - timedelta(days=days))
        moved.append(UUID(int=then.int | row["id"].int & ((1 << 80) - 1)))
        await pool.execute("update webhook_event set id = $2 where id = $1", row["id"], moved[-1])
        change = "update webhook_delivery set event_id = $2 where event_id = $1"
        await pool.execute(change, row["id"], moved[-1])
    async with pool.acquire() as conn:
        while await events.prune_webhook_events(conn):
            pass
    kept = {new["id"], moved[0]}
    assert {row["id"] for row in await pool.fetch("select id from webhook_event")} == kept
    assert {row["event_id"] for row in await pool.fetch("select event_id from webhook_delivery")} == kept


async def test_a_deleted_endpoint_goes_when_nothing_names_it_any_more(acme: ApiCaller, pool: Pool) -> None:
    await create_endpoint(pool, acme)
    await acme.http.delete(f"/v1/projects/{await new_project(acme)}")
    await pool.execute("update webhook_endpoint set deleted_at = now() - interval '40 days'")
    async with pool.acquire() as conn:
        assert await events.prune_webhook_events(conn) == 0
        await pool.execute("delete from webhook_delivery")
        assert await events.prune_webhook_events(conn) == 1
