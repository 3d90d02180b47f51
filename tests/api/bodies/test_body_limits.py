"""Limits of bodies: the largest legal body of each route is accepted, and one more byte is refused."""

import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from litestar import Litestar

from api.http import body_limits, json_bodies
from api.http.body_limits import BODY_LIMIT_ROUTE_OPTION, MAX_JSON_BYTES, body_limits_of_type
from api.openapi.operations import ApiOperation, list_route_operations
from db.pool import Pool
from domain.values import metadata, steps
from schemas.base import RequestStruct
from tests.api.all_objects import AllRightsCaller, no_change
from tests.api.conftest import ApiCaller, built_app
from tests.api.documented_routes import document
from tests.api.refusals import assert_refused

JSON = {"Content-Type": "application/json"}
ANYTHING = r"^[^\x00]*$"

ORIGIN = f"https://{'a' * 253}:65535"

#: The longest text of each pattern except `ANYTHING`.
OF_PATTERN = {
    r"^(https://[a-z0-9.-]{1,253}|http://(localhost|127\.0\.0\.1))(:[0-9]{1,5})?$": ORIGIN,
    r"^(https://[^\s\x00]+)?$": f"https://{'a' * 2_040}",
    r"^#[0-9a-fA-F]{6}$": "#ffffff",
    r"^[A-Z]{3}$": "EUR",
    r"^[a-z0-9_]{1,64}$": "a" * 64,
}

#: A character that JSON may write in twelve bytes, in six, and in one.
CHARACTERS = {"pairs": "\U0001f600", "escapes": "\u0416", "letters": "a"}


def largest_value(schema: dict[str, Any], described: dict[str, Any], character: str) -> Any:
    """Return the largest value of a schema."""
    if "$ref" in schema:
        return largest_value(
            described["components"]["schemas"][schema["$ref"].rpartition("/")[2]], described, character
        )
    if "anyOf" in schema:
        values = [largest_value(one, described, character) for one in schema["anyOf"]]
        return max(values, key=lambda value: len(msgspec.json.encode(value)))
    if "enum" in schema or "const" in schema:
        return max(schema.get("enum", [schema.get("const")]), key=len)
    make: Callable[..., Any] = OF_TYPE[schema["type"]]
    return make(schema, described, character)


def _object(schema: dict[str, Any], described: dict[str, Any], character: str) -> Any:
    if "properties" in schema:
        return {name: largest_value(one, described, character) for name, one in schema["properties"].items()}
    if schema["additionalProperties"] is True:
        return {"a": character * ((metadata.MAX_METADATA_BYTES - 8) // len(character.encode()))}
    value = largest_value(schema["additionalProperties"], described, character)
    longest = schema.get("propertyNames", {}).get("maxLength", 1)
    name = character * (longest - 3)
    keys = schema.get("propertyNames", {}).get("enum") or [
        f"{name}{number:03}" for number in range(schema["maxProperties"])
    ]
    return dict.fromkeys(keys, value)


def _text(schema: dict[str, Any], described: dict[str, Any], character: str) -> str:
    if schema.get("format") == "date-time":
        return "2026-11-30T12:00:00.123456+00:00"
    if schema.get("format") == "date":
        return "2026-11-30"
    pattern = schema.get("pattern", ANYTHING)
    if pattern in OF_PATTERN:
        return OF_PATTERN[pattern]
    text = character * schema.get("maxLength", 128)
    return text if re.search(pattern, text) else re.sub(".", "a", text)[: schema["maxLength"]]


OF_TYPE: dict[str, Callable[..., Any]] = {
    "object": _object,
    "array": lambda schema, *more: [largest_value(schema["items"], *more)] * schema["maxItems"],
    "string": _text,
    "integer": lambda schema, *_: schema.get("maximum", 2**53),
    "number": lambda *_: 0.12345678901234567,
    "boolean": lambda *_: False,
    "null": lambda *_: None,
}


def encode_escaped(value: Any) -> bytes:
    """Return indented JSON with each character escaped, the longest form that client libraries produce."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    return "".join(one if one.isascii() else _escape(one) for one in text).encode()


def _escape(character: str) -> str:
    data = character.encode("utf-16-be")
    return "".join(f"\\u{data[at : at + 2].hex()}" for at in range(0, len(data), 2))


def list_typed_operations() -> list[ApiOperation]:
    return [
        event
        for event in list_route_operations(built_app())
        if event.json_body_annotation is not None and not event.parses_event_body_itself
    ]


@pytest.mark.parametrize("operation", list_typed_operations(), ids=lambda one: one.id)
def test_largest_legal_body_of_each_route_is_accepted(operation: ApiOperation) -> None:
    described = document(built_app())
    schema = {"$ref": f"/{operation.json_body_annotation.__name__}"}
    texts = [encode_escaped(largest_value(schema, described, character)) for character in CHARACTERS.values()]
    fitting = [text for text in texts if len(text) <= MAX_JSON_BYTES]
    assert fitting
    for text in fitting:
        assert len(text) <= operation.handler.opt[BODY_LIMIT_ROUTE_OPTION]
        steps.run_generator_steps_at_once(json_bodies.decode_json_body(text, operation.json_body_annotation))


async def test_the_first_byte_too_many_is_refused_before_it_is_read(
    app: Litestar, operator: AllRightsCaller, pool: Pool
) -> None:
    async with no_change(pool):
        limits = {one.id: one.handler.opt[BODY_LIMIT_ROUTE_OPTION] for one in list_route_operations(app)}
        for route in operator.writes:
            body = b"{" + b" " * (limits[route.id] - 1) + b"}"
            assert_refused(await operator.send(route, content=body, headers=JSON), 413, "PAYLOAD_TOO_LARGE")


async def test_the_largest_metadata_is_kept(acme: ApiCaller) -> None:
    """The metadata is sent as indented numbers, as escapes, and in 32 levels."""
    numbers = {"n": list(range(1_000, 2_400))}
    nested: Any = "x" * 8_000
    for _ in range(31):
        nested = [nested]
    for given in (numbers, {"t": "\u0416" * 4_000}, {"a": nested}):
        text = encode_escaped({"name": "x" * 128, "timezone": "UTC", "metadata": given})
        created = await acme.http.post("/v1/projects", content=text, headers=JSON)
        assert created.status_code == 201, created.text
        path = f"/v1/projects/{created.json()['id']}"
        changed = await acme.http.patch(path, content=encode_escaped({"metadata": given}), headers=JSON)
        assert changed.json()["metadata"] == given


async def test_a_thousand_rows_with_the_longest_ids_are_imported(acme: ApiCaller) -> None:
    project = (await acme.http.post("/v1/projects", json={"name": "Shop", "timezone": "UTC"})).json()["id"]
    names = ("adAccountId", "campaignId", "adsetId", "adId")
    row = {"platform": "meta_ads", "date": "2026-11-01", "currency": "EUR", "spendMicros": 10**15}
    row |= {"impressions": 10**12, "clicks": 10**12, "conversions": 10**12, "revenueMicros": 10**15}
    rows = [row | {name: f"{number:,}".rjust(64, ",") for name in names} for number in range(1_000)]
    path = f"/v1/projects/{project}/ads-metrics/rows"
    for headers in ({}, {"Idempotency-Key": "one"}):
        created = await acme.http.post(path, json={"rows": rows}, headers=headers)
        assert created.json()["imported"] == len(rows), created.text
    table = "\n".join([",".join(rows[0]), *(",".join(f'"{cell}"' for cell in one.values()) for one in rows)])
    created = await acme.http.post(path, content=table.encode(), headers={"Content-Type": "text/csv"})
    assert created.json()["replaced"] == len(rows), created.text


class _Unbounded(RequestStruct, frozen=True, kw_only=True):
    names: list[str]


def test_body_type_needs_a_length_for_each_list() -> None:
    with pytest.raises(TypeError, match="max_length"):
        body_limits_of_type(_Unbounded)


TOO_MUCH = {
    "strings": b'{"name":"a","metadata":{"a":[%b""]}}' % (b'"",' * 30_000),
    "lists and objects": b'{"name":"a","metadata":{"a":[%b[]]}}' % (b"[]," * 30_000),
    "values": b'{"name":"a","metadata":{"a":[%b1]}}' % (b"1," * 40_000),
    "digits": b'{"name":"a","metadata":{"a":%b}}' % (b"1" * 20_000),
    "not whole": b'{"name":"a","metadata":{"a":[%b1]}}' % (b"1.5," * 4_000),
}


async def test_body_with_too_many_values_is_refused(acme: ApiCaller) -> None:
    for what, body in TOO_MUCH.items():
        answer = await acme.http.post("/v1/projects", content=body, headers=JSON)
        assert_refused(answer, 422, "VALIDATION")
        assert what in answer.json()["error"]["message"]


async def test_signs_inside_a_string_are_not_counted(acme: ApiCaller) -> None:
    """Commas, brackets, quotes and digits inside a string aren't counted."""
    for text in (",[{" * 2_000, '"' * 3_000, "1" * 8_000, "\\" * 3_000, '\\"' * 1_500):
        body = msgspec.json.encode({"name": "a", "timezone": "UTC", "metadata": {"a": text}}) + b" " * 20_000
        created = await acme.http.post("/v1/projects", content=body, headers=JSON)
        assert created.status_code == 201, created.text


def test_each_route_has_a_limit() -> None:
    for one in list_route_operations(built_app()):
        assert 0 < one.handler.opt[BODY_LIMIT_ROUTE_OPTION] <= body_limits.MAX_JSON_BYTES
