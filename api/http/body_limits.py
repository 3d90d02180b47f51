"""Limits of JSON bodies: the maximum of bytes and values that the type of a route's body can hold.

The limits follow from the type, so that a legal body always fits. A hostile body is refused by its length and
by counts, before its values are parsed.
"""

from functools import cache, reduce
from typing import Any, NamedTuple

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from msgspec import inspect

from domain.values import metadata

#: Limits in bytes of any JSON body, and of a body that a route ignores.
MAX_JSON_BYTES, MAX_IGNORED_BODY_BYTES = 1 << 20, 1 << 10

#: A route's limit is a multiple of this, and at least this.
BODY_LIMIT_UNIT_BYTES = 4 << 10

#: The route option with the limit in bytes.
BODY_LIMIT_ROUTE_OPTION = "max_body_bytes"

#: Bytes of one character: JSON may escape it as two surrogates (RFC 8259, section 7).
_MAX_JSON_CHARACTER_BYTES = 12

#: Bytes of one character of a field name or enum value, which are ASCII: one escape.
_MAX_JSON_ASCII_CHARACTER_BYTES = 6

#: Characters of a text without a `max_length` in its type: an id, a zone, an origin, or a pattern's.
_DEFAULT_MAX_TEXT_CHARACTERS = 300

#: White space, colon and comma around one value in indented JSON.
_MAX_JSON_SPACE_BYTES_PER_VALUE = 40

_MAX_NON_TEXT_JSON_VALUE_BYTES = 64


class JsonBodyLimits(NamedTuple):
    """Maximum size of a type as JSON: bytes, values, strings (with field names) and containers."""

    bytes: int
    values: int = 1
    strings: int = 0
    containers: int = 0

    def add_limits(self, other: "JsonBodyLimits") -> "JsonBodyLimits":
        """Return the sum of each limit, for two parts of one body."""
        return JsonBodyLimits(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def multiply_by_item_count(self, count: int) -> "JsonBodyLimits":
        return JsonBodyLimits(*(mine * count for mine in self))

    def take_larger_limits(self, other: "JsonBodyLimits") -> "JsonBodyLimits":
        """Return the larger one of each limit, for two alternatives of a union."""
        return JsonBodyLimits(*map(max, self, other))


_SIZE_OF_EMPTY_JSON_LIST_OR_OBJECT = JsonBodyLimits(2 + _MAX_JSON_SPACE_BYTES_PER_VALUE, containers=1)

#: Free JSON of the partner. A value takes at least two bytes of the stored JSON, a string three.
_LIMITS_OF_FREE_FORM_JSON_VALUE = JsonBodyLimits(
    metadata.MAX_RAW_METADATA_BYTES,
    values=metadata.MAX_METADATA_BYTES // 2,
    strings=metadata.MAX_METADATA_BYTES // 3,
    containers=metadata.MAX_METADATA_BYTES // 3,
)


@cache
def body_limits_of_type(kind: Any) -> JsonBodyLimits:
    """Return a type's maximum size as JSON. Raises TypeError for a list or object in it without a `max_length`."""
    limits = _measure_max_json_size_of_type(inspect.type_info(kind))
    return limits._replace(bytes=min(MAX_JSON_BYTES, -(-limits.bytes // BODY_LIMIT_UNIT_BYTES) * BODY_LIMIT_UNIT_BYTES))


def store_body_limits_of_routes(app: Litestar) -> None:
    """Compute the maximum body bytes of each route, and store them in its handler's options."""
    for route in app.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            handler.opt[BODY_LIMIT_ROUTE_OPTION] = _max_body_bytes_of_route(handler)


def _max_body_bytes_of_route(handler: HTTPRouteHandler) -> int:
    """Return a route's maximum body bytes by its JSON type; CSV, and routes without a body, have fixed maxima."""
    field, needs = handler.parsed_data_field, handler.opt.get("requirements")
    kind = field.annotation if field else handler.opt.get("reads")
    if kind is None:
        limit = MAX_IGNORED_BODY_BYTES if needs else MAX_JSON_BYTES
    else:
        limit = MAX_JSON_BYTES if needs and needs.csv else body_limits_of_type(kind).bytes
    return min(limit, handler.resolve_request_max_body_size() or MAX_JSON_BYTES)


def _measure_max_json_size_of_type(kind: inspect.Type) -> JsonBodyLimits:
    if isinstance(kind, inspect.Metadata):
        return _measure_max_json_size_of_type(kind.type)
    if isinstance(kind, inspect.UnionType):
        return reduce(JsonBodyLimits.take_larger_limits, map(_measure_max_json_size_of_type, kind.types))
    if isinstance(kind, inspect.StructType | inspect.ListType | inspect.DictType):
        return _max_json_size_of_container(kind)
    if isinstance(kind, inspect.AnyType | inspect.RawType):
        return _LIMITS_OF_FREE_FORM_JSON_VALUE
    return _max_json_size_of_scalar_type(kind)


def _max_json_size_of_container(kind: inspect.StructType | inspect.ListType | inspect.DictType) -> JsonBodyLimits:
    if isinstance(kind, inspect.StructType):
        names = (
            _max_json_string_size(len(field.encode_name), _MAX_JSON_ASCII_CHARACTER_BYTES) for field in kind.fields
        )
        values = (_measure_max_json_size_of_type(field.type) for field in kind.fields)
        return reduce(
            JsonBodyLimits.add_limits, map(JsonBodyLimits.add_limits, names, values), _SIZE_OF_EMPTY_JSON_LIST_OR_OBJECT
        )
    if isinstance(kind, inspect.ListType):
        return _SIZE_OF_EMPTY_JSON_LIST_OR_OBJECT.add_limits(
            _measure_max_json_size_of_type(kind.item_type).multiply_by_item_count(_max_items_of_container(kind))
        )
    if isinstance(kind.value_type, inspect.AnyType):
        return _LIMITS_OF_FREE_FORM_JSON_VALUE
    return _SIZE_OF_EMPTY_JSON_LIST_OR_OBJECT.add_limits(
        _measure_max_json_size_of_type(kind.key_type)
        .add_limits(_measure_max_json_size_of_type(kind.value_type))
        .multiply_by_item_count(_max_items_of_container(kind))
    )


def _max_json_size_of_scalar_type(kind: inspect.Type) -> JsonBodyLimits:
    if isinstance(kind, inspect.StrType):
        return _max_json_string_size(kind.max_length or _DEFAULT_MAX_TEXT_CHARACTERS, _MAX_JSON_CHARACTER_BYTES)
    if isinstance(kind, inspect.LiteralType | inspect.EnumType):
        return _max_json_string_size(
            max(len(str(choice)) for choice in _values_of_json_enum(kind)), _MAX_JSON_ASCII_CHARACTER_BYTES
        )
    return JsonBodyLimits(_MAX_NON_TEXT_JSON_VALUE_BYTES + _MAX_JSON_SPACE_BYTES_PER_VALUE)


def _values_of_json_enum(kind: inspect.LiteralType | inspect.EnumType) -> list[Any]:
    if isinstance(kind, inspect.LiteralType):
        return list(kind.values)
    return [member.value for member in kind.cls]


def _max_json_string_size(characters: int, character_bytes: int) -> JsonBodyLimits:
    return JsonBodyLimits(2 + _MAX_JSON_SPACE_BYTES_PER_VALUE + characters * character_bytes, strings=1)


def _max_items_of_container(kind: inspect.ListType | inspect.DictType) -> int:
    if kind.max_length is None:
        raise TypeError(f"a list or an object of a body needs a max_length: {kind}")
    return kind.max_length
