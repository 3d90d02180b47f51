"""The worst bodies with events: of apps, in Segment's shape, and of servers; plain and gzipped."""

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio
from litestar import Litestar

from tests.api.bodies import worst
from tests.api.bodies.cost_checker import Checker
from tests.api.bodies.worst import DEAREST, SHAPES, Worst
from tests.api.conftest import ApiCaller, client_of
from tests.api.events.sender import EventSender, sender

pytestmark = pytest.mark.timing

#: Bytes of a plain body, and of a decompressed text.
PLAIN, UNPACKED = 999_000, 7_900_000

DEAR = (*DEAREST, "halves of pairs", "deep lists", "many short nests", "backslashes")
UNPACKED_DEAR = ("lists", "halves of pairs", "many short nests", "backslashes", "deep lists", "no end")


@pytest_asyncio.fixture
async def shop(app: Litestar, checker: Checker) -> Any:
    operator = checker.operator
    async with client_of(app) as stranger:
        yield await sender(ApiCaller(UUID(int=0), operator.key, operator.http), stranger)


def build_event(**more: Any) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    return {"name": "open", "eventId": "e", "occurredAt": now} | more


def hostile_events(size: int, *, most: int, names: tuple[str, ...] = DEAR, field: str = "events") -> Iterator[Worst]:
    """Yield hostile lists of events, and hostile values in events of the maximum size."""
    head = msgspec.json.encode(build_event())[:-1]
    for name in names:
        value = SHAPES[name](size - 400)
        yield Worst(f"{name} as the body", value)
        yield Worst(f"{name} for {field}", b'{"%b":%b}' % (field.encode(), value))
        yield Worst(f"{name} beside {field}", b'{"x":%b,"%b":[]}' % (value, field.encode()))
        yield Worst(f"{name} in one event", b'{"%b":[%b,"properties":{"a":%b}}]}' % (field.encode(), head, value))
        small = SHAPES[name](min(32_000, size // most - 400))
        one = b'%b,"properties":{"a":%b}}' % (head, small)
        many = min(most, (size - 100) // (len(one) + 1))
        for last in (one, b"[", b"5"):
            items = b",".join([one] * (many - 1) + [last])
            yield Worst(f"{name} in {many} events", b'{"%b":[%b]}' % (field.encode(), items))
    yield from worst.bodies_with_items({}, field, build_event(), size)


async def test_events_of_an_app(checker: Checker, shop: EventSender) -> None:
    for event in hostile_events(PLAIN, most=500):
        await checker.send("POST", shop.at, event, key=shop.key)
    checker.assert_cheap()


async def test_events_of_a_server(checker: Checker, shop: EventSender) -> None:
    """Also with an idempotency key, which needs one transaction and a fingerprint of the whole body."""
    beside = b'{"projectId":"%b","sdkAppId":"%b",' % (shop.project.encode(), shop.app["appId"].encode())
    for number, one in enumerate(hostile_events(PLAIN, most=100)):
        body = beside + one.body[1:] if one.body.startswith(b"{") else one.body
        await checker.send("POST", "/v1/events", Worst(one.shape, body))
        await checker.send("POST", "/v1/events", Worst(one.shape, body), idempotency_key=f"k{number}")
    checker.assert_cheap()


async def test_segment_messages(checker: Checker, shop: EventSender) -> None:
    for event in hostile_events(PLAIN, most=5_000, field="batch"):
        await checker.send("POST", "/v1/batch", event, key=shop.key)
        await checker.send("POST", "/v1/track", event, key=shop.key)
    checker.assert_cheap()


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_decompressed_bodies(checker: Checker, shop: EventSender) -> None:
    """No step blocks the loop. A text of 8 MB may cost more than other refusals: it counts as 4,000
    events.
    """
    for event in hostile_events(UNPACKED, most=500, names=UNPACKED_DEAR):
        packed = Worst(event.shape, gzip.compress(event.body, 1))
        await checker.send("POST", shop.at, packed, key=shop.key, content_encoding="gzip")
    held = [said for said in checker.dear if float(said.split(" ms in a step")[0].rsplit(" ", 1)[1]) >= 10]
    assert not held, "\n".join(held)
