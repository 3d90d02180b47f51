"""Segment's shape as its SDKs send it; tests/peers has the SDKs themselves."""

import gzip
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from db.pool import Pool
from domain.events import segment
from tests.api.events.sender import EventSender, event, stored_ids
from tests.api.refusals import assert_refused, reason

NOW = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.123Z"


def build_message(number: int = 0, **fields: Any) -> dict[str, Any]:
    """Build a message as SDKs send it, with fields that are irrelevant for an event."""
    return {
        "type": "track",
        "event": "Order Completed",
        "messageId": f"m-{number}",
        "anonymousId": "a-1",
        "timestamp": NOW,
        "integrations": {},
        "_metadata": {"nodeVersion": "24"},
        "context": {"library": {"name": "analytics"}},
    } | fields


def build_batch(sender: EventSender, *messages: dict[str, Any], **more: Any) -> bytes:
    return msgspec.json.encode({"batch": messages, "sentAt": NOW, "writeKey": sender.key} | more)


async def read_stored(pool: Pool, sender: EventSender) -> list[dict[str, Any]]:
    """Return the stored events, ordered by id."""
    rows = await pool.fetch("select * from event where project_id = $1 order by event_id", sender.project_id)
    return [dict(row) for row in rows]


async def post(sender: EventSender, path: str, content: bytes, **headers: str) -> httpx.Response:
    """Post without a key in the headers."""
    return await sender.http.post(f"/v1/{path}", content=content, headers=headers)


def read_success(answer: httpx.Response) -> tuple[int, int, int]:
    assert (answer.status_code, answer.json()["success"]) == (200, True), answer.text
    body = answer.json()
    return body["accepted"], body["duplicates"], len(body["rejected"])


async def test_a_batch_of_a_server(phone: EventSender, pool: Pool) -> None:
    """analytics-node and -python: the key is the user name of Basic."""
    content = msgspec.json.encode({"batch": [build_message(1), build_message(2), build_message(1)], "sentAt": NOW})
    for path in ("batch", "b", "import"):
        answer = await phone.http.post(f"/v1/{path}", content=content, auth=(phone.key, ""))
        assert sum(read_success(answer)) == 3
    assert await stored_ids(pool, phone) == ["m-1", "m-2"]


async def test_a_batch_of_a_phone(phone: EventSender, pool: Pool) -> None:
    """analytics-swift: JSON. analytics-kotlin: gzip in chunks, as text. The key is in the body."""
    assert read_success(await post(phone, "b", build_batch(phone, build_message(1)))) == (1, 0, 0)

    async def chunks() -> AsyncIterator[bytes]:
        packed = gzip.compress(build_batch(phone, build_message(1), build_message(2)))
        for start in range(0, len(packed), 100):
            yield packed[start : start + 100]

    headers = {"Content-Encoding": "gzip", "Content-Type": "text/plain"}
    answer = await phone.http.post("/v1/b", content=chunks(), headers=headers)
    assert read_success(answer) == (1, 1, 0)
    assert await stored_ids(pool, phone) == ["m-1", "m-2"]


async def test_a_message_of_a_page(shop: EventSender, pool: Pool) -> None:
    """analytics-next: one message per request, at the URL of its type, as text."""
    for number, path in enumerate(("t", "i", "p", "s", "g", "a", "track", "identify")):
        one = build_message(number) | {"writeKey": shop.key, "sentAt": NOW}
        del one["type"]
        answer = await post(shop, path, msgspec.json.encode(one), Origin="https://shop.example")
        assert read_success(answer) == (1, 0, 0)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    track, identify = "Order Completed", "$identify"
    names = [one["name"] for one in await read_stored(pool, shop)]
    assert names == [track, identify, "$page", "$screen", "$group", "$alias", track, identify]


PAID = {"revenue_amount": 5, "currency": "eur"}

MEANINGS: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    ({"properties": PAID}, "Order Completed", PAID),
    ({"properties": None, "traits": {"x": 1}}, "Order Completed", {}),
    ({"type": "identify", "traits": {"plan": "pro"}, "event": None}, "$identify", {"plan": "pro"}),
    ({"type": "page", "name": "Home", "properties": {"path": "/"}}, "$page", {"name": "Home", "path": "/"}),
    ({"type": "page", "name": "Home", "properties": {"name": "In"}}, "$page", {"name": "In"}),
    ({"type": "screen", "name": "Home", "category": "A"}, "$screen", {"name": "Home", "category": "A"}),
    ({"type": "group", "groupId": 7, "traits": {"seats": 3}}, "$group", {"groupId": 7, "seats": 3}),
    ({"type": "alias", "previousId": "old"}, "$alias", {"previousId": "old"}),
]  # fmt: skip


async def test_each_message_type_becomes_an_event(phone: EventSender, pool: Pool) -> None:
    sent = [build_message(number, userId="u-1") | more for number, (more, _, _) in enumerate(MEANINGS)]
    assert read_success(await post(phone, "b", build_batch(phone, *sent))) == (len(sent), 0, 0)
    rows = await read_stored(pool, phone)
    assert [(row["name"], json.loads(row["properties"])) for row in rows] == [
        (name, properties) for _, name, properties in MEANINGS
    ]
    assert {(row["user_id"], row["anonymous_id"]) for row in rows} == {("u-1", "a-1")}
    assert json.loads(rows[0]["context"]) == {"library": {"name": "analytics"}}
    assert (rows[0]["value_micros"], rows[0]["currency"]) == (5_000_000, "EUR")


async def test_one_bad_message_does_not_affect_others(phone: EventSender, pool: Pool) -> None:
    bad: list[dict[str, Any]] = [
        build_message(9, event=None),
        build_message(9, event=""),
        build_message(9, type="dance"),
        build_message(9, event="n" * 129),
        build_message(9, userId="u" * 256),
        build_message(9, timestamp="yesterday"),
        build_message(9, timestamp="1969-12-31T23:59:59Z"),
        build_message(9, properties=[]),
        build_message(9, properties={"a": "x" * 33_000}),
        build_message(9, type="page", name="Home", properties={"a": "x" * 33_000}),
        build_message(9, timestamp="2027-01-01T00:00:00Z", sentAt="9999-12-31T23:59:59Z"),
    ]
    mixed = [one for number, wrong in enumerate(bad) for one in (wrong, build_message(100 + number))]
    cut = build_batch(phone, *mixed, build_message(200, properties={"title": "cut "})).replace(b"cut ", b"cut \\ud83d")
    answer = await post(phone, "b", cut)
    assert read_success(answer) == (len(bad) + 1, 0, len(bad))
    assert [one["index"] for one in answer.json()["rejected"]] == [2 * turn for turn in range(len(bad))]
    assert await stored_ids(pool, phone) == [*(f"m-{100 + turn}" for turn in range(len(bad))), "m-200"]


async def test_batch_may_have_the_messages_of_a_phones_file(phone: EventSender) -> None:
    small = [build_message(number, context={}, _metadata={}) for number in range(1_500)]
    packed = gzip.compress(build_batch(phone, *small))
    assert read_success(await post(phone, "b", packed, **{"Content-Encoding": "gzip"})) == (1_500, 0, 0)
    assert read_success(await post(phone, "b", build_batch(phone))) == (0, 0, 0)


async def test_repeated_message_without_an_id_is_one_event(phone: EventSender, pool: Pool) -> None:
    sent = build_batch(
        phone,
        build_message(messageId=None),
        build_message(messageId=None, event="Other"),
        build_message(messageId="i" * 200),
    )
    assert read_success(await post(phone, "b", sent)) == (3, 0, 0)
    assert read_success(await post(phone, "b", sent)) == (0, 3, 0)


HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def format_time(ahead: timedelta | None) -> str | None:
    """Format a time this far from now, as sent."""
    return None if ahead is None else f"{datetime.now(UTC) + ahead:%Y-%m-%dT%H:%M:%SZ}"


async def test_time_is_the_messages_unless_invalid(phone: EventSender, pool: Pool) -> None:
    cases: list[tuple[dict[str, timedelta | None], timedelta]] = [
        ({"timestamp": -5 * HOUR}, -5 * HOUR),
        ({"timestamp": None, "originalTimestamp": -4 * HOUR}, -4 * HOUR),
        ({"timestamp": None}, timedelta()),
        # A file that was stored for two days.
        ({"timestamp": -2 * DAY - HOUR, "sentAt": -2 * DAY}, -2 * DAY - HOUR),
        # A clock that is a year ahead.
        ({"timestamp": 365 * DAY - HOUR, "sentAt": 365 * DAY}, -HOUR),
        ({"timestamp": 366 * DAY, "sentAt": 365 * DAY}, timedelta()),
    ]
    for number, (times, _) in enumerate(cases):
        sent = {name: format_time(ahead) for name, ahead in times.items()}
        sent_at = sent.pop("sentAt", None)
        batch = build_batch(phone, build_message(number) | sent, sentAt=sent_at)
        assert read_success(await post(phone, "b", batch)) == (1, 0, 0)
    # A time without a zone is of UTC.
    zoneless = build_message(len(cases), timestamp=(format_time(-HOUR) or "")[:-1])
    assert read_success(await post(phone, "b", build_batch(phone, zoneless))) == (1, 0, 0)
    rows = await read_stored(pool, phone)
    for row, expected in zip(rows, [*(when for _, when in cases), -HOUR], strict=True):
        assert abs(row["occurred_at"] - datetime.now(UTC) - expected) < timedelta(minutes=5)


async def test_refusals_are_those_of_events(shop: EventSender) -> None:
    """SDKs drop messages after these refusals, which no retry could change."""
    assert_refused(await post(shop, "b", b"{"), 400, "BAD_REQUEST")
    assert_refused(await post(shop, f"t?key={shop.key}", b"[]"), 422, "VALIDATION", "body")
    assert_refused(await post(shop, "b", build_batch(shop).replace(b"[]", b"{}")), 422, "VALIDATION", "batch")
    assert_refused(await post(shop, "b", build_batch(shop, build_message(), writeKey=None)), 401, "UNAUTHENTICATED")
    assert_refused(await post(shop, "b", build_batch(shop, build_message(), writeKey="lpa_x")), 401, "UNAUTHENTICATED")
    answer = await post(shop, "b", build_batch(shop, build_message()), Origin="https://elsewhere.example")
    assert_refused(answer, 403, "ORIGIN_NOT_ALLOWED")
    await shop.owner.http.delete(f"/v1/projects/{shop.project}")
    body = {"projectId": shop.project, "sdkAppId": shop.app["appId"], "events": [event(1)]}
    for answer in (
        await post(shop, "b", build_batch(shop, build_message())),
        await shop.send(event(1)),
        await shop.owner.http.post("/v1/events", json=body),
    ):
        assert reason(answer) == (409, "CONFLICT", "PROJECT_ARCHIVED")


async def test_only_the_key_is_parsed_before_authentication(
    phone: EventSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of the body isn't parsed: everyone can send such a body."""
    cut = build_batch(phone, build_message(1, properties={"title": "cut "})).replace(b"cut ", rb"cut \ud83d")
    with monkeypatch.context() as patch:
        patch.delattr(segment, "repair_surrogates_in_steps")
        unknown = cut.replace(phone.key.encode(), b"lpa_x")
        assert_refused(await post(phone, "b", unknown), 401, "UNAUTHENTICATED")
        for keyless in (b'{"batch": {}}', b"[]", b'{"writeKey": 7}'):
            assert_refused(await post(phone, "b", keyless), 401, "UNAUTHENTICATED")
    assert read_success(await post(phone, "b", cut)) == (1, 0, 0)


async def test_a_body_has_1_mb_also_out_of_gzip(phone: EventSender) -> None:
    """The limit is twice the size of a phone's file."""
    bomb = gzip.compress(build_batch(phone, build_message(1), more=" " * 1_000_000))
    for path in ("b", f"b?key={phone.key}"):
        assert_refused(await post(phone, path, bomb, **{"Content-Encoding": "gzip"}), 413, "PAYLOAD_TOO_LARGE")


async def test_settings_direct_sdks_here(shop: EventSender) -> None:
    answer = await shop.http.get(f"/v1/projects/{shop.key}/settings")
    assert answer.json()["integrations"]["Segment.io"] == {
        "apiKey": shop.key,
        "apiHost": "127.0.0.1:8000/v1",
        "protocol": "http",
    }
    assert answer.json()["metrics"] == {"sampleRate": 0}
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert_refused(await shop.http.get(f"/v1/projects/{shop.owner.key}/settings"), 404, "NOT_FOUND")
    assert (await shop.http.options("/v1/t", headers={"Origin": "https://x.example"})).status_code == 204


async def test_both_shapes_share_their_ids(phone: EventSender) -> None:
    """An event sent in one shape is a duplicate in the other."""
    await phone.send(event(1))
    assert read_success(await post(phone, "b", build_batch(phone, build_message(messageId="e-1")))) == (0, 1, 0)
