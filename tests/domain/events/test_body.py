"""Bodies with events: an invalid event is rejected alone, an unreadable body is refused whole."""

import gzip
import json
import random
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.pool import Conn
from domain.events import body, json_text
from domain.events.body import CheckedEventBatch
from domain.values import steps
from domain.values.steps import JSON_STEP_BYTES
from schemas.errors import BodyOversized, DomainError, InvalidValue, MalformedBody
from tests.domain.events.sending import PROJECT, send

NOW = datetime.now(UTC)


def written(**fields: Any) -> bytes:
    """Return the JSON of an event; None leaves a field out."""
    given = {"name": "open", "eventId": "e-1", "occurredAt": NOW.isoformat()} | fields
    return json.dumps({name: value for name, value in given.items() if value is not None}).encode()


def nested(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


def raw(properties: bytes) -> bytes:
    return written()[:-1] + b', "properties": ' + properties + b"}"


def at(time: timedelta | str) -> bytes:
    return written(occurredAt=time if isinstance(time, str) else (NOW + time).isoformat())


#: One bad event of each kind, with its code.
BAD: list[tuple[bytes, str]] = [
    (written(name="n" * 256), "INVALID"),
    (written(name=""), "INVALID"),
    (written(name="a\0"), "INVALID"),
    (written(eventId=None), "INVALID"),
    (written(eventId="i" * 129), "INVALID"),
    (written(eventId=7), "INVALID"),
    (written(appUserId="\0"), "INVALID"),
    (written(properties=[]), "INVALID"),
    (written(properties="a"), "INVALID"),
    (written(propertys={}), "INVALID"),
    (at("2026-11-27T10:00:00"), "INVALID"),
    (at("yesterday"), "INVALID"),
    (b"null", "INVALID"),
    (b"7", "INVALID"),
    (b"[]", "INVALID"),
    (raw(b'{"a": 1e999}'), "INVALID"),
    (at("1969-07-20T20:17:40Z"), "BAD_TIME"),
    (at("2100-01-01T00:00:00Z"), "BAD_TIME"),
    (at("0001-01-01T00:00:00+14:00"), "BAD_TIME"),
    (at("9999-12-31T23:59:59-14:00"), "BAD_TIME"),
    (at(-timedelta(days=7, seconds=1)), "BAD_TIME"),
    (at(timedelta(hours=1, seconds=1)), "BAD_TIME"),
    (written(properties={"a": "x" * 33_000}), "TOO_LARGE"),
    (written(context={"a": "x" * 33_000}), "TOO_LARGE"),
    (written(properties=nested(101)), "TOO_DEEP"),
    (written(context=nested(101)), "TOO_DEEP"),
    (written(properties={"value": 1e300}), "BAD_VALUE"),
    (written(properties={"value": -(10**30)}), "BAD_VALUE"),
    (raw(b'{"a": "\xff"}'), "MALFORMED"),
    (written().replace(b"open", b"\xffpen"), "MALFORMED"),
]

#: Good events at some limit, or odd ones.
GOOD: list[bytes] = [
    written(),
    written(name="n" * 128, eventId="i" * 128),
    written(properties=nested(100)),
    written(properties={"a": "x" * 32_000}),
    at(-timedelta(days=7) + timedelta(minutes=1)),
    at(timedelta(minutes=59)),
    raw(b'{"title": "cut \\ud83d"}'),
    raw(b'{"\\udc00": "\\ud83d\\ude00 \\\\ud83d"}'),
    raw(b'{"a": "\\u0000"}'),
    written(name="\ud83d"),
    written(appUserId="u", anonymousId="a"),
    raw(b'{"a": 1, "a": 2}'),
    raw(b'{"a": ' + b"9" * 100 + b"}"),
]


def read(text: bytes, *, packed: bool = False) -> CheckedEventBatch:
    plain = steps.run_generator_steps_at_once(body.gunzip_event_body(text, packed=packed))
    return steps.run_generator_steps_at_once(body.parse_app_events(plain, project_id=PROJECT, app_no=1, now=NOW))


def among(events: list[bytes]) -> bytes:
    return b'{"events": [' + b",".join(events) + b'], "sentAt": "x"}'


async def test_a_good_event_is_read_and_can_be_kept(conn: Conn) -> None:
    for text in GOOD:
        for packed in (False, True):
            found = read(gzip.compress(among([text])) if packed else among([text]), packed=packed)
            assert (found.rejected, len(found.events)) == ([], 1), text[:200]
        await send(conn, found.events)
        [row] = await conn.fetch("delete from event returning properties")
        await conn.execute("delete from event_seen")
        assert json.loads(row["properties"]) is not None, text[:200]


def test_bad_events_do_not_affect_others() -> None:
    """For any number and place of bad events."""
    for seed in range(200):
        dice = random.Random(seed)
        mixed: list[tuple[bytes, str]] = [
            dice.choice(BAD) if dice.random() < 0.3 else (dice.choice(GOOD), "") for _ in range(dice.randint(1, 40))
        ]
        found = read(among([text for text, _ in mixed]))
        expected = [(index, code) for index, (_, code) in enumerate(mixed) if code]
        assert [(one.index, one.code) for one in found.rejected] == expected
        assert len(found.events) == len(mixed) - len(expected)


def outcome(text: bytes) -> object:
    """Return the events and refusals of a body; None if it is refused whole."""
    try:
        found = read(text)
    except DomainError:
        return None
    return found.events, found.rejected


def test_large_body_reads_like_a_small_one() -> None:
    """Property: white space makes a body large without a change.

    Some bodies have a mark too many or too few.
    """
    marks = [b"", b"{", b"}", b"[", b"]", b",", b":", b'"', b"5", b" ", b"\\", rb"\ud83d", b"null"]
    for seed in range(600):
        dice = random.Random(seed)
        texts = [dice.choice(BAD)[0] if dice.random() < 0.2 else dice.choice(GOOD) for _ in range(3)]
        text = among(texts)
        if dice.random() < 0.7:
            at = dice.choice([place for place, byte in enumerate(text) if byte in b'{}[],:"'])
            text = text[:at] + dice.choice(marks) + text[at + dice.randrange(2) :]
        if len(text) <= JSON_STEP_BYTES:
            assert outcome(text + b" " * JSON_STEP_BYTES) == outcome(text), text[:2_000]


def test_repair_matches_a_read_by_escapes() -> None:
    """Property: for any bytes. A reader of the key alone needs no repair."""
    pieces = [b"\\", rb"\\", rb"\u", rb"\ud83d", rb"\uDE00", b"ud83d", rb"\n", b"a", b'"', b"d8", b"\n"]
    for seed in range(3_000):
        dice = random.Random(seed)
        text = b"".join(dice.choices(pieces, k=dice.randrange(12)))
        expected = ESCAPE.sub(lambda one: rb"\ufffd" if one[1] else one[0], text)
        assert json_text.replace_half_surrogates(text) == expected
        assert len(json_text.replace_json_escapes_by_underscores(text)) == len(text)
        assert rb"\u" not in json_text.replace_json_escapes_by_underscores(text)


#: A whole pair, half of one, or any other escape.
ESCAPE = re.compile(
    rb"\\u[dD][89abAB]%b{2}\\u[dD][c-fC-F]%b{2}|(\\u[dD][89a-fA-F]%b{2})|\\." % ((b"[0-9a-fA-F]",) * 3), re.DOTALL
)


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({}, (None, None)),
        ({"value": "9.99"}, (None, None)),
        ({"value": True}, (None, None)),
        ({"value": 9.99, "currency": "eur"}, (9_990_000, "EUR")),
        ({"value": 2, "currency": "euro"}, (2_000_000, None)),
        ({"value": 2, "currency": "xyz"}, (2_000_000, None)),
        ({"value": 1, "price_amount": 2, "revenue_amount": 3}, (3_000_000, None)),
        ({"value": 1, "price_amount": None}, (1_000_000, None)),
        ({"value": -1e9}, (-(10**15), None)),
    ],
)
def test_value_is_the_first_numeric_property(properties: Any, expected: tuple[Any, Any]) -> None:
    [event] = read(among([written(properties=properties)])).events
    assert (event.value_micros, event.currency) == expected


def test_an_id_is_its_own_key_or_has_one() -> None:
    uuid = "01890a5d-ac96-774b-bcce-b302099a8057"
    sent = [uuid, uuid.upper(), "e-1", "e-2", uuid.replace("-", "") + "----"]
    events = read(among([written(eventId=one) for one in sent])).events
    keys = [str(event.event_key) for event in events]
    assert keys[:2] == [uuid, uuid]
    assert len(set(keys)) == 4
    assert [event.event_id for event in events] == [None, *sent[1:]]


def gzipped(text: bytes) -> bytes:
    """Compress with a fixed time: the bytes name tests, and each process must use the same names."""
    return gzip.compress(text, mtime=0)


BOMB, PACKED = gzipped(b" " * 9_000_000), gzipped(among([written()]))


@pytest.mark.parametrize(
    ("text", "packed", "refusal", "said"),
    [
        (among([written()] * 501), False, InvalidValue, "501|500"),
        (among([]), False, InvalidValue, "events"),
        (b'{"events": {}}', False, InvalidValue, "events"),
        (b"{}", False, InvalidValue, "events"),
        (b"[]", False, InvalidValue, "body"),
        (b"", False, MalformedBody, "JSON"),
        (b'{"events": [{]}', False, MalformedBody, "byte"),
        (b"\xff", False, MalformedBody, "JSON"),
        (among([b'{"a":' * 20_000 + b"1" + b"}" * 20_000]), False, MalformedBody, "depth"),
        (b" " * 1_000_001, False, BodyOversized, "1000000"),
        (BOMB, True, BodyOversized, "8000000"),
        (PACKED[:-9], True, MalformedBody, "gzip"),
        (b"plain", True, MalformedBody, "gzip"),
        (PACKED * 2, True, MalformedBody, "gzip"),
        (gzipped(b"{"), True, MalformedBody, "JSON"),
        (gzipped(PACKED), True, MalformedBody, "JSON"),
    ],
)
def test_body_without_an_event_list_is_refused_with_its_path(
    text: bytes, packed: bool, refusal: type[DomainError], said: str
) -> None:
    with pytest.raises(refusal, match=said):
        read(text, packed=packed)
