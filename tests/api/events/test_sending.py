"""Events over HTTP: the answer, the commit behind it, and the rights of keys."""

import base64
import gzip
from typing import Any

import httpx

from db.pool import Pool
from schemas import ids
from tests.api.conftest import ApiCaller
from tests.api.events.sender import EventSender, encode_events, event, read_counts, sender, stored_ids
from tests.api.refusals import assert_refused, issue_paths, problem


async def test_events_are_stored_once_and_counted(shop: EventSender, pool: Pool) -> None:
    """With their own times, even if the sender's clock is wrong, as `sentAt` would show."""
    one = event(1)
    assert read_counts(await shop.send(one, event(2), event(1))) == (2, 1, [])
    assert read_counts(await shop.send(event(2), event(3, name=""))) == (0, 1, [(1, "INVALID")])
    assert await stored_ids(pool, shop) == ["e-1", "e-2"]
    at = await pool.fetchval("select occurred_at from event where event_id = 'e-1'")
    assert f"{at:%Y-%m-%dT%H:%M:%SZ}" == one["occurredAt"]


async def test_the_key_may_come_in_several_ways(shop: EventSender, anonymous: httpx.AsyncClient) -> None:
    """A page that is being closed can't send headers, nor its beacon `application/json`."""
    ways: list[dict[str, Any]] = [
        {"headers": {"Authorization": f"bearer {shop.key}"}},
        {"headers": {"Authorization": f"Basic {base64.b64encode(f'{shop.key}:'.encode()).decode()}"}},
        {"params": {"key": shop.key}},
        {"params": {"writeKey": shop.key}},
        *(
            {"params": {"key": shop.key}, "headers": {"Content-Type": kind}}
            for kind in ("text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "")
        ),
    ]
    for number, way in enumerate(ways):
        answer = await anonymous.post(shop.at, content=encode_events(event(number)), **way)
        assert read_counts(answer) == (1, 0, [])


async def test_a_body_may_be_gzip(shop: EventSender) -> None:
    packed = {"Content-Encoding": "gzip"}
    once = gzip.compress(encode_events(event(1)))
    assert read_counts(await shop.post(once, headers=packed)) == (1, 0, [])
    assert_refused(await shop.post(once), 400, "BAD_REQUEST")
    assert_refused(await shop.post(gzip.compress(once), headers=packed), 400, "BAD_REQUEST")
    assert_refused(await shop.post(once[:-9], headers=packed), 400, "BAD_REQUEST")
    bomb = gzip.compress(b'{"events": [' + b" " * 9_000_000 + b"]}")
    assert len(bomb) < 10_000
    assert_refused(await shop.post(bomb, headers=packed), 413, "PAYLOAD_TOO_LARGE")
    for other in ("br", "gzip, gzip", "deflate"):
        answer = await shop.post(once, headers={"Content-Encoding": other})
        assert_refused(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


async def test_body_without_a_list_of_events_is_refused(shop: EventSender, pool: Pool) -> None:
    """The error names the place."""
    assert_refused(await shop.post(b'{"events": [{]}'), 400, "BAD_REQUEST")
    assert "byte 13" in (await shop.post(b'{"events": [{]}')).text
    many = await shop.send(*(event(number) for number in range(501)))
    assert_refused(many, 422, "VALIDATION", "events")
    for body in (b"[]", b"{}", b'{"events": []}', b'{"events": {}}'):
        answer = await shop.post(body)
        assert (answer.status_code, len(issue_paths(answer))) == (422, 1), body
    assert_refused(await shop.post(b" " * 1_000_001), 413, "PAYLOAD_TOO_LARGE")
    assert await stored_ids(pool, shop) == []


async def test_one_bad_event_does_not_affect_others(shop: EventSender, pool: Pool) -> None:
    """Sends the cases of tests/domain/events/test_body.py together."""
    deep: dict[str, Any] = {}
    for _ in range(100):
        deep = {"a": deep}
    bad: list[tuple[dict[str, Any], str]] = [
        ({"properties": {"a": "x" * 33 * 1024}}, "TOO_LARGE"),
        ({"name": "n" * 256}, "INVALID"),
        ({"properties": deep}, "TOO_DEEP"),
        ({"name": "a\0"}, "INVALID"),
        ({"occurredAt": "1969-12-31T23:59:59Z"}, "BAD_TIME"),
        ({"occurredAt": "2100-01-01T00:00:00Z"}, "BAD_TIME"),
        ({"properties": {"value": 1e300}}, "BAD_VALUE"),
    ]
    events = [one for number, (more, _) in enumerate(bad) for one in (event(number, **more), event(100 + number))]
    odd = event(50, properties={"a": 1})
    body = encode_events(odd, *events).replace(b'"a":1}', b'"a":1e999}', 1)
    expected = [(0, "INVALID")] + [(1 + 2 * turn, code) for turn, (_, code) in enumerate(bad)]
    assert read_counts(await shop.post(body)) == (len(bad), 0, expected)
    assert await stored_ids(pool, shop) == [f"e-{100 + number}" for number in range(len(bad))]
    # A lone surrogate is stored as the replacement character.
    body = encode_events(event(200, properties={"title": "cut "})).replace(b"cut ", b"cut \\ud83d")
    assert read_counts(await shop.post(body)) == (1, 0, [])
    kept_as = await pool.fetchval("select properties from event where event_id = 'e-200'")
    assert kept_as == '{"title":"cut \\ufffd"}'


async def test_key_works_only_for_its_own_app(
    shop: EventSender, rival: ApiCaller, anonymous: httpx.AsyncClient
) -> None:
    """The key of another organization, of the same one, and of no app get one answer."""
    theirs, sibling = await sender(rival, anonymous), await sender(shop.owner, anonymous)
    nobody = f"/v1/apps/{ids.format_prefixed_id(ids.SDK_APP_ID_PREFIX, ids.new_uuid7())}/events"
    places = (theirs.at, sibling.at, nobody, "/v1/apps/x/events")
    answers = [await shop.send(event(1), at=at) for at in places]
    for answer in answers:
        assert_refused(answer, 404, "NOT_FOUND")
    assert len({answer.json()["error"]["message"] for answer in answers}) == 1


async def test_unknown_key_is_refused(shop: EventSender, anonymous: httpx.AsyncClient) -> None:
    old = shop.key
    overlapping = await shop.rotate(overlapHours=1)
    assert read_counts(await shop.send(event(1), key=old)) == (1, 0, [])
    new = await shop.rotate()
    for key in (old, overlapping, "lpa_x", shop.owner.key, f"{new}x"):
        answer = await shop.send(event(2), key=key)
        assert_refused(answer, 401, "UNAUTHENTICATED")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert_refused(await anonymous.post(shop.at, content=encode_events(event(2))), 401, "UNAUTHENTICATED")
    assert read_counts(await shop.send(event(2), key=new)) == (1, 0, [])
    await shop.owner.http.delete(shop.where)
    assert_refused(await shop.send(event(3), key=new), 401, "UNAUTHENTICATED")


async def test_a_suspended_organizations_apps_are_switched_off(shop: EventSender, pool: Pool) -> None:
    await pool.execute(
        "update organization set tier = 'suspended', resumes_as = tier where id = $1", shop.owner.organization_id
    )
    batch = {"batch": [{"type": "track", "event": "a", "messageId": "m"}], "writeKey": shop.key}
    for answer in (await shop.send(event(1)), await shop.http.post("/v1/b", json=batch)):
        assert problem(answer) == (503, "KILL_SWITCH", {"scope": "organization"})


async def test_events_of_a_moving_or_moved_organization_get_a_503(shop: EventSender, pool: Pool) -> None:
    assert (await shop.send(event(1))).is_success
    for mark in ("moving_to = 1, moved_at = null", "moving_to = 1, moved_at = now()", "moving_to = null"):
        await pool.execute(f"update organization set {mark} where id = $1", shop.owner.organization_id)
        answer = await shop.send(event(2))
        assert_refused(answer, 503, "UNAVAILABLE")
        assert answer.headers["Retry-After"] == "2"
    assert await stored_ids(pool, shop) == ["e-1"]
