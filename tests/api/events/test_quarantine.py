"""The list of rejected events."""

from typing import Any

import httpx
from litestar import Litestar

from db.pool import Pool
from tests.api.conftest import ApiCaller, client_of, new_key
from tests.api.events.sender import EventSender, event, sender
from tests.api.refusals import assert_refused
from tests.waiting import eventually


async def list_quarantine(caller: httpx.AsyncClient, of: EventSender, **params: Any) -> list[dict[str, Any]]:
    answer = await caller.get(f"/v1/projects/{of.project}/events/quarantine", params=params)
    assert answer.status_code == 200, answer.text
    body: list[dict[str, Any]] = answer.json()["items"]
    return body


async def send_three_bad_events(shop: EventSender) -> list[dict[str, Any]]:
    """Send three bad events, the last one in Segment's shape; return the complete list."""
    await shop.send(event(1, name=""), event(2), event(3, occurredAt="1969-07-20T20:17:40Z"))
    message = {"batch": [{"type": "dance", "messageId": "m-4"}], "writeKey": shop.key}
    await shop.http.post("/v1/b", json=message)

    async def all_there() -> list[dict[str, Any]] | None:
        found = await list_quarantine(shop.owner.http, shop)
        return found if len(found) == 3 else None

    return await eventually(all_there) or []


async def test_refused_events_are_listed_with_their_reason(shop: EventSender) -> None:
    found = await send_three_bad_events(shop)
    assert [(one["code"], one["eventId"], one["name"]) for one in found] == [
        ("INVALID", "m-4", None),
        ("BAD_TIME", "e-3", "open"),
        ("INVALID", "e-1", None),
    ]
    assert {one["appId"] for one in found} == {shop.app["appId"]}
    assert '"messageId":"m-4"' in found[0]["text"]
    http = shop.owner.http
    assert [one["eventId"] for one in await list_quarantine(http, shop, code="BAD_TIME,TOO_DEEP")] == ["e-3"]
    assert len(await list_quarantine(http, shop, appId=shop.app["appId"])) == 3
    await shop.owner.http.delete(shop.where)
    await shop.owner.http.delete(f"/v1/projects/{shop.project}")
    assert await list_quarantine(http, shop) == found


async def test_text_needs_the_pii_scope(shop: EventSender, app: Litestar, pool: Pool) -> None:
    await send_three_bad_events(shop)
    organization = shop.owner.organization_id
    for scopes, seen in ((("events:read",), False), (("events:read", "events:read+pii"), True)):
        async with client_of(app, await new_key(pool, organization, scopes=scopes)) as http:
            texts = {one["text"] for one in await list_quarantine(http, shop)}
            assert (texts != {"[redacted]"}) == seen


async def test_an_app_in_the_filter_is_one_of_the_project(shop: EventSender, rival: ApiCaller) -> None:
    theirs = await sender(rival, shop.http)
    at = f"/v1/projects/{shop.project}/events/quarantine"
    for app_id in (theirs.app["appId"], "app_none"):
        assert_refused(await shop.owner.http.get(at, params={"appId": app_id}), 404, "NOT_FOUND")
    assert await list_quarantine(rival.http, theirs) == []
    assert_refused(await rival.http.get(at), 404, "NOT_FOUND")
