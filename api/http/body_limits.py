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
MAX_BYTES, MAX_UNREAD_BYTES = 1 << 20, 1 << 10

#: A route's limit is a multiple of this, and at least this.
UNIT_BYTES = 4 << 10

#: The route option with the limit in bytes.
LIMIT_OPTION = "max_body_bytes"

#: Bytes of one character: JSON may escape it as two surrogates (RFC 8259, section 7).
_CHARACTER_BYTES = 12

#: Bytes of one character of a field name or enum value, which are ASCII: one escape.
_ASCII_BYTES = 6

#: Characters of a text without a `max_length` in its type: an id, a zone, an origin, or a pattern's.
_UNNAMED_CHARACTERS = 300

#: White space, colon and comma around one value in indented JSON.
_SPACE_BYTES = 40

_SCALAR_BYTES = 64


class BodyLimits(NamedTuple):
    """Maximum size of a type as JSON: bytes, values, strings (with field names) and containers."""

    bytes: int
    values: int = 1
    strings: int = 0
    containers: int = 0

    def plus(self, other: "BodyLimits") -> "BodyLimits":
        """Add another type's limits."""
        return BodyLimits(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def times(self, count: int) -> "BodyLimits":
        return BodyLimits(*(mine * count for mine in self))

    def either(self, other: "BodyLimits") -> "BodyLimits":
        """Take the larger of each limit."""
        return BodyLimits(*map(max, self, other))


_NOTHING = BodyLimits(0, 0)
_CONTAINER = BodyLimits(2 + _SPACE_BYTES, containers=1)

#: Free JSON of the partner. A value takes at least two bytes of the stored JSON, a string three.
_METADATA_LIMITS = BodyLimits(
    metadata.MAX_SENT_BYTES,
    values=metadata.MAX_BYTES // 2,
    strings=metadata.MAX_BYTES // 3,
    containers=metadata.MAX_BYTES // 3,
)


@cache
def limits_of(kind: Any) -> BodyLimits:
    """Measure a type. Raises TypeError if it holds a list without a `max_length`."""
    limits = _measure(inspect.type_info(kind))
    return limits._replace(bytes=min(MAX_BYTES, -(-limits.bytes // UNIT_BYTES) * UNIT_BYTES))


def bind(app: Litestar) -> None:
    """Set the limit of each route's body."""
    for route in app.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            handler.opt[LIMIT_OPTION] = _max_bytes(handler)


def _max_bytes(handler: HTTPRouteHandler) -> int:
    """Derive a route's limit from the type of its JSON. A route that takes tables gets `MAX_BYTES`."""
    field, needs = handler.parsed_data_field, handler.opt.get("requirements")
    kind = field.annotation if field else handler.opt.get("reads")
    if kind is None:
        limit = MAX_UNREAD_BYTES if needs else MAX_BYTES
    else:
        limit = MAX_BYTES if needs and needs.csv else limits_of(kind).bytes
    return min(limit, handler.resolve_request_max_body_size() or MAX_BYTES)


def _measure(kind: inspect.Type) -> BodyLimits:
    if isinstance(kind, inspect.Metadata):
        return _measure(kind.type)
    if isinstance(kind, inspect.UnionType):
        return reduce(BodyLimits.either, map(_measure, kind.types))
    if isinstance(kind, inspect.StructType | inspect.ListType | inspect.DictType):
        return _measure_container(kind)
    if isinstance(kind, inspect.AnyType | inspect.RawType):
        return _METADATA_LIMITS
    return _measure_scalar(kind)


def _measure_container(kind: inspect.StructType | inspect.ListType | inspect.DictType) -> BodyLimits:
    if isinstance(kind, inspect.StructType):
        names = (_limits_of_text(len(field.encode_name), _ASCII_BYTES) for field in kind.fields)
        values = (_measure(field.type) for field in kind.fields)
        return reduce(BodyLimits.plus, map(BodyLimits.plus, names, values), _CONTAINER)
    if isinstance(kind, inspect.ListType):
        return _CONTAINER.plus(_measure(kind.item_type).times(_max_length(kind)))
    if isinstance(kind.value_type, inspect.AnyType):
        return _METADATA_LIMITS
    return _CONTAINER.plus(_measure(kind.key_type).plus(_measure(kind.value_type)).times(_max_length(kind)))


def _measure_scalar(kind: inspect.Type) -> BodyLimits:
    if isinstance(kind, inspect.StrType):
        return _limits_of_text(kind.max_length or _UNNAMED_CHARACTERS, _CHARACTER_BYTES)
    if isinstance(kind, inspect.LiteralType | inspect.EnumType):
        return _limits_of_text(max(len(str(choice)) for choice in _choices(kind)), _ASCII_BYTES)
    return BodyLimits(_SCALAR_BYTES + _SPACE_BYTES)


def _choices(kind: inspect.LiteralType | inspect.EnumType) -> list[Any]:
    if isinstance(kind, inspect.LiteralType):
        return list(kind.values)
    return [member.value for member in kind.cls]


def _limits_of_text(characters: int, character_bytes: int) -> BodyLimits:
    return BodyLimits(2 + _SPACE_BYTES + characters * character_bytes, strings=1)


def _max_length(kind: inspect.ListType | inspect.DictType) -> int:
    if kind.max_length is None:
        raise TypeError(f"a list or an object of a body needs a max_length: {kind}")
    return kind.max_length
