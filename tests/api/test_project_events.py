"""Listed events of a project: each once, as sent, with personal data only for the right scope."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest_asyncio

from db.pool import Conn, Pool
from domain.apps.relays import relays_from_event_maps
from domain.events import group_commit, quarantine
from domain.events.event import NewEventRow
from domain.events.quarantine import BufferedEventRejection
from schemas import ids
from tests import seeds
from tests.api.conftest import ApiCaller, client_of, list_pages, new_key, uuid_of
from tests.api.participants import new_project
from tests.domain.events.sending import NOW, event, send

MINUTE = timedelta(minutes=1)

#: Inserts of an event into the other lists: for a project, an app's number and an id.
INSERTS = (
    "insert into event_quarantine (project_id, app_no, id, code, text) values ($1, $2, $3, 'INVALID', '{}')",
    """insert into event_conversion (project_id, app_no, id, destination, event_key, name, event_name,
                                     occurred_at)
       values ($1, $2, $3, 'meta', gen_random_uuid(), 'open', 'ViewContent', now())""",
)


class EventShop(NamedTuple):
    """A project with two apps; the first has number 1."""

    path: str
    id: UUID
    app_ids: Sequence[str]


@pytest_asyncio.fixture
async def shop(acme: ApiCaller) -> EventShop:
    project = await new_project(acme)
    created = [
        await acme.http.post(
            f"/v1/projects/{project}/sdk-apps",
            json={"name": "EventShop", "platform": "web", "webDomain": f"{number}.example"},
        )
        for number in range(2)
    ]
    return EventShop(f"/v1/projects/{project}", uuid_of(project), [one.json()["appId"] for one in created])


async def list_all(caller: ApiCaller, shop: EventShop, listed: str = "events", **params: str) -> list[dict[str, Any]]:
    """Return the items of all pages."""
    return await list_pages(caller.http, f"{shop.path}/{listed}", **params)


def listed_ids(events: Sequence[NewEventRow]) -> list[str]:
    """Return the ids of events in listed order."""
    newest = sorted(events, key=lambda one: (one.occurred_at, one.event_key, one.app_no), reverse=True)
    return [one.event_id or str(one.event_key) for one in newest]


async def test_each_event_is_on_one_page(acme: ApiCaller, shop: EventShop, conn: Conn) -> None:
    """Two apps, several days, many events at one instant, each id twice; next to another project's events."""
    times = [NOW - timedelta(days=day) for day in range(3)]
    events = [
        event(n, project_id=shop.id, app_no=app_no, occurred_at=times[n % 3], user_id=f"u{n % 2}")
        for n in range(30)
        for app_no in (1, 2)
    ]
    await send(conn, events)
    await send(conn, [event(number) for number in range(30)])
    assert [one["eventId"] for one in await list_all(acme, shop, limit="7")] == listed_ids(events)
    kept: list[tuple[dict[str, str], list[NewEventRow]]] = [
        ({"appId": shop.app_ids[1]}, [one for one in events if one.app_no == 2]),
        ({"eventNames": "open,sign_up"}, [one for one in events if one.name in {"open", "sign_up"}]),
        ({"userId": "u1"}, [one for one in events if one.user_id == "u1"]),
        ({"since": seeds.in_utc(times[1])}, [one for one in events if one.occurred_at >= times[1]]),
        ({"until": seeds.in_utc(times[1])}, [one for one in events if one.occurred_at < times[1]]),
    ]
    for params, expected in kept:
        assert [one["eventId"] for one in await list_all(acme, shop, limit="11", **params)] == listed_ids(expected), (
            params
        )


async def test_an_event_is_shown_as_it_was_sent(acme: ApiCaller, shop: EventShop, conn: Conn, pool: Pool) -> None:
    """Its JSON is unchanged to the byte; without the scope it has no personal data."""
    properties = r'{"value": 1.10, "Email":"a@b.example", "note":"\u0000\ud83d\ude00", "n":1e2,"n":2}'
    sent = event(
        4, project_id=shop.id, event_id="order-4711", user_id="ana", anonymous_id="anon",
        properties=properties, value_micros=1_100_000, context='{"ip":"203.0.113.9","os":{"name":"iOS"}}',
    )  # fmt: skip
    await send(conn, [sent])
    answer = await acme.http.get(f"{shop.path}/events")
    assert properties in answer.text
    [shown] = answer.json()["items"]
    assert (shown["eventId"], shown["appUserId"], shown["value"]) == ("order-4711", "ana", 1.1)
    assert (shown["appId"], shown["occurredAt"]) == (shop.app_ids[0], seeds.in_utc(NOW - 4 * MINUTE))
    assert shown["receivedAt"] > shown["occurredAt"]
    key = await new_key(pool, acme.organization_id, scopes=("events:read",))
    async with client_of(acme.http._transport.app, key) as client:  # type: ignore[attr-defined]
        [hidden] = (await client.get(f"{shop.path}/events")).json()["items"]
    secret = {"appUserId", "anonymousId", "properties", "context"}
    assert {name for name in shown if shown[name] != hidden[name]} == secret
    assert (hidden["appUserId"], hidden["anonymousId"]) == ("[redacted]", "[redacted]")
    assert hidden["properties"] == shown["properties"] | {"Email": "[redacted]"}
    assert hidden["context"] == {"ip": "[redacted]", "os": {"name": "iOS"}}


async def test_personal_event_id_needs_the_pii_scope(acme: ApiCaller, shop: EventShop, conn: Conn, pool: Pool) -> None:
    """In each list with event ids."""
    name = "signup:jane@x.example"
    relays = {(shop.id, 1): relays_from_event_maps({"meta": None})}
    async with conn.transaction():
        sent = [event(1, project_id=shop.id, event_id=name, name="sign_up")]
        await group_commit.store_new_events(conn, sent, relays)
    await quarantine.insert_rejected_events(
        conn, shop.id, [BufferedEventRejection(ids.new_uuid7(), 1, "INVALID", None, name, "")]
    )
    app = acme.http._transport.app  # type: ignore[attr-defined]
    for more, seen in (((), "[redacted]"), (("events:read+pii",), name)):
        key = await new_key(pool, acme.organization_id, scopes=("events:read", *more))
        async with client_of(app, key) as client:
            for path in ("events", "events/quarantine", "conversions/deliveries"):
                [item] = (await client.get(f"{shop.path}/{path}")).json()["items"]
                assert item["eventId"] == seen, path


async def test_events_of_a_deleted_app_and_an_archived_project_stay(
    acme: ApiCaller, shop: EventShop, conn: Conn
) -> None:
    await send(conn, [event(1, project_id=shop.id)])
    await acme.http.delete(f"{shop.path}/sdk-apps/{shop.app_ids[0]}")
    await acme.http.delete(shop.path)
    assert len(await list_all(acme, shop, appId=shop.app_ids[0])) == 1
    assert await list_all(acme, shop, appId=shop.app_ids[1]) == []


async def test_events_of_a_new_app_wait_for_the_next_list(acme: ApiCaller, shop: EventShop, conn: Conn) -> None:
    """App numbers are read earlier, from another database; the list continues after them."""
    for app_no in (1, 1, 3, 1):
        for insert in INSERTS:
            await conn.execute(insert, shop.id, app_no, ids.new_uuid7())
    await send(conn, [event(n, project_id=shop.id, app_no=3 if n == 1 else 1) for n in range(4)])
    for listed in ("events", "events/quarantine", "conversions/deliveries"):
        found = await list_all(acme, shop, listed, limit="1")
        assert [one["appId"] for one in found] == [shop.app_ids[0]] * 3, listed
