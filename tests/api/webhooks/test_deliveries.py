"""Deliveries as partners see them: tested, listed, filtered, and replayed with the same event."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.pool import Pool
from domain.webhooks import deliveries as replays
from tests.api.conftest import ApiCaller, list_pages, read_answer
from tests.api.refusals import assert_refused, reason
from tests.api.webhooks.streaming import emit_event

ALL = "/v1/webhook-endpoints"


async def create_endpoint(caller: ApiCaller, *events: str, **more: Any) -> str:
    body = {"url": "https://hooks.example.com/", "events": list(events) or ["*"]} | more
    return str((await caller.http.post(ALL, json=body)).json()["id"])


async def end_deliveries(pool: Pool, status: str, where: str = "true") -> None:
    await pool.execute(f"update webhook_delivery set status = '{status}', ended_at = now() where {where}")


async def list_deliveries(caller: ApiCaller, at: str, **params: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = read_answer(await caller.http.get(f"{ALL}/{at}/deliveries", params=params))["items"]
    return items


async def test_ping_goes_only_to_its_endpoint_even_if_paused(acme: ApiCaller) -> None:
    first, second = await create_endpoint(acme, "job.failed"), await create_endpoint(acme)
    await acme.http.patch(f"{ALL}/{first}", json={"status": "paused"})
    sent = await acme.http.post(f"{ALL}/{first}/test")
    assert sent.status_code == 202
    ping = sent.json()
    assert (ping["eventType"], ping["status"], ping["attempts"]) == ("test.ping", "pending", 0)
    assert sent.headers["Location"] == f"/v1/webhook-deliveries/{ping['id']}"
    assert (await acme.http.get(sent.headers["Location"])).json() == ping
    assert await list_deliveries(acme, first) == [ping]
    assert await list_deliveries(acme, second) == []


async def test_deliveries_are_filtered_and_paged(acme: ApiCaller, pool: Pool) -> None:
    at = await create_endpoint(acme)
    for kind in ("job.failed", "job.completed", "post.failed", "job.failed"):
        await emit_event(pool, acme.organization_id, kind)
    await end_deliveries(pool, "failed", "type = 'post.failed'")
    kinds = [one["eventType"] for one in await list_deliveries(acme, at)]
    assert kinds == ["job.failed", "post.failed", "job.completed", "job.failed"]
    assert len(await list_deliveries(acme, at, eventType="job.failed,job.completed")) == 3
    [failed] = await list_deliveries(acme, at, status="failed,abandoned")
    assert (failed["eventType"], failed["nextAttemptAt"]) == ("post.failed", None)
    assert await list_deliveries(acme, at, status="failed", eventType="job.failed") == []
    pages = await list_pages(acme.http, f"{ALL}/{at}/deliveries", limit="3")
    assert [one["eventType"] for one in pages] == kinds
    for wrong in ({"status": "sent"}, {"eventType": "x"}):
        assert (await acme.http.get(f"{ALL}/{at}/deliveries", params=wrong)).status_code == 422


async def test_a_replay_keeps_the_event(acme: ApiCaller, pool: Pool) -> None:
    at = await create_endpoint(acme)
    await emit_event(pool, acme.organization_id)
    [first] = await list_deliveries(acme, at)
    await pool.execute("update webhook_delivery set next_at = now() + interval '1 day'")
    hurried = (await acme.http.post(f"/v1/webhook-deliveries/{first['id']}/replay")).json()
    assert hurried["id"] == first["id"]
    assert hurried["nextAttemptAt"] <= f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    await end_deliveries(pool, "delivered")
    headers = {"Idempotency-Key": "again"}
    twice = [await acme.http.post(f"/v1/webhook-deliveries/{first['id']}/replay", headers=headers) for _ in range(2)]
    assert twice[0].content == twice[1].content
    again = twice[0].json()
    assert again["eventId"] == first["eventId"]
    assert (again["status"], again["replayOf"]) == ("pending", first["id"])
    assert [one["status"] for one in await list_deliveries(acme, at)] == ["pending", "delivered"]


async def test_replay_is_audited(acme: ApiCaller, pool: Pool) -> None:
    at = await create_endpoint(acme)
    ping = (await acme.http.post(f"{ALL}/{at}/test")).json()
    await acme.http.post(f"/v1/webhook-deliveries/{ping['id']}/replay")
    await emit_event(pool, acme.organization_id)
    await end_deliveries(pool, "failed")
    hour_ago = f"{datetime.now(UTC) - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    await acme.http.post(f"{ALL}/{at}/replay", json={"since": hour_ago})
    entries = (await acme.http.get("/v1/audit-log")).json()["items"][:3]
    assert {one["subject"] for one in entries} == {at}
    assert [(one["action"].partition(".")[2], one["details"]) for one in entries] == [
        ("replayed", {"since": hour_ago, "deliveries": 1}),
        ("replayed", {"deliveryId": ping["id"]}),
        ("tested", {"eventId": ping["eventId"]}),
    ]
    assert all(one["apiKeyId"] for one in entries)


async def test_disabled_endpoint_replays_nothing(acme: ApiCaller, pool: Pool) -> None:
    at = await create_endpoint(acme)
    await emit_event(pool, acme.organization_id)
    [first] = await list_deliveries(acme, at)
    await end_deliveries(pool, "abandoned")
    await pool.execute("update webhook_endpoint set status = 'disabled', disabled_reason = 'GONE'")
    await emit_event(pool, acme.organization_id)
    since = {"since": f"{datetime.now(UTC) - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"}
    for answer in (
        await acme.http.post(f"/v1/webhook-deliveries/{first['id']}/replay"),
        await acme.http.post(f"{ALL}/{at}/test"),
        await acme.http.post(f"{ALL}/{at}/replay", json=since),
    ):
        assert reason(answer) == (409, "CONFLICT", "ENDPOINT_DISABLED")
    assert len(await list_deliveries(acme, at)) == 1
    await acme.http.patch(f"{ALL}/{at}", json={"status": "active"})
    replayed = await acme.http.post(f"{ALL}/{at}/replay", json=since)
    assert replayed.json() == {"deliveries": 2, "continueSince": None}
    assert (await acme.http.post(f"{ALL}/{at}/replay", json=since)).json()["deliveries"] == 0


async def test_replay_since_a_time_sends_undelivered_events(acme: ApiCaller, pool: Pool) -> None:
    at = await create_endpoint(acme, "job.failed")
    await acme.http.post(f"{ALL}/{at}/test")
    for _ in range(3):
        await emit_event(pool, acme.organization_id)
    newest, _, oldest, _ = await list_deliveries(acme, at)
    await end_deliveries(pool, "delivered", f"id = '{newest['id'][4:]}'")
    await end_deliveries(pool, "failed", f"id = '{oldest['id'][4:]}'")
    since = {"since": f"{datetime.now(UTC) - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"}
    where = f"{ALL}/{at}/replay"
    assert (await acme.http.post(where, json=since)).json()["deliveries"] == 1
    assert (await list_deliveries(acme, at))[0]["eventId"] == oldest["eventId"]
    both = await acme.http.post(where, json=since | {"includeDelivered": True})
    assert both.json()["deliveries"] == 1
    assert (await list_deliveries(acme, at))[0]["eventId"] == newest["eventId"]
    late = {"since": f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"}
    assert_refused(await acme.http.post(where, json=late), 422, "VALIDATION", "since")
    old = {"since": f"{datetime.now(UTC) - timedelta(days=31):%Y-%m-%dT%H:%M:%SZ}"}
    assert_refused(await acme.http.post(where, json=old), 422, "VALIDATION", "since")


@pytest.mark.parametrize(("made", "seen"), [(10, 100), (100, 6)])
async def test_long_replay_continues_without_gaps(
    acme: ApiCaller, pool: Pool, monkeypatch: pytest.MonkeyPatch, *, made: int, seen: int
) -> None:
    monkeypatch.setattr(replays, "MAX_REPLAYED_WEBHOOK_EVENTS", made)
    monkeypatch.setattr(replays, "MAX_EVENTS_SCANNED_FOR_REPLAY", seen)
    at = await create_endpoint(acme)
    for _ in range(15):
        await emit_event(pool, acme.organization_id)
        # A scan continues by milliseconds: six events of one would be scanned without end.
        await asyncio.sleep(0.002)
    await end_deliveries(pool, "failed")
    since: str | None = f"{datetime.now(UTC) - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    found: list[int] = []
    while since is not None:
        answer = (await acme.http.post(f"{ALL}/{at}/replay", json={"since": since})).json()
        found.append(answer["deliveries"])
        since = answer["continueSince"]
    assert sum(found) == 15
    assert found[0] == min(made, seen)
    again = "select count(distinct event_id) from webhook_delivery where status = 'pending'"
    assert await pool.fetchval(again) == 15
