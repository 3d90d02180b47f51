"""The list of rejected events."""

from typing import Any

import httpx
from litestar import Litestar

from db.pool import Pool
from tests.api.conftest import client_of, new_key, read_answer
from tests.api.events.sender import EventSender, event
from tests.waiting import eventually


async def list_quarantine(caller: httpx.AsyncClient, of: EventSender, **params: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = read_answer(
        await caller.get(f"/v1/projects/{of.project}/events/quarantine", params=params)
    )["items"]
    return items


async def send_three_bad_events(shop: EventSender) -> list[dict[str, Any]]:
    """Send three bad events, the last one in Segment's shape; return the complete list."""
    await shop.send(event(1, name=""), event(2), event(3, occurredAt="1969-07-20T20:17:40Z"))
    message = {"batch": [{"type": "dance", "messageId": "m-4"}], "writeKey": shop.key}
    await shop.http.post("/v1/b", json=message)

    async def all_there() -> list[dict[str, Any]] | None:
        found = await list_quarantine(shop.owner.http, shop)
        return found if len(found) == 3 else None

    return await eventually(all_there) or []


async def test_refused_events_are_listed_with_their_reason_and_text_needs_the_pii_scope(
    shop: EventSender, app: Litestar, pool: Pool
) -> None:
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
    organization = shop.owner.organization_id
    for scopes, seen in ((("events:read",), False), (("events:read", "events:read+pii"), True)):
        async with client_of(app, await new_key(pool, organization, scopes=scopes)) as reader:
            texts = {one["text"] for one in await list_quarantine(reader, shop)}
            assert (texts != {"[redacted]"}) == seen
    await shop.owner.http.delete(shop.where)
    await shop.owner.http.delete(f"/v1/projects/{shop.project}")
    assert await list_quarantine(http, shop) == found
