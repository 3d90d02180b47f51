"""Worst bodies: JSON, tables and forms that are the most expensive to refuse, built from a route's fields."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

#: A shape builds a hostile value of a number of bytes.
Shape = Callable[[int], bytes]


class Worst(NamedTuple):
    """A body with the name of its shape."""

    shape: str
    body: bytes


def _repeat_in_list(item: bytes) -> Shape:
    """Build a list that repeats one item."""
    return lambda size: b"[" + b",".join([item] * max(1, (size - 2) // (len(item) + 1))) + b"]"


def _repeat_in_string(piece: bytes) -> Shape:
    """Build a string that repeats one piece."""
    return lambda size: b'"' + piece * max(1, (size - 2) // len(piece)) + b'"'


def _nested(left: bytes, right: bytes) -> Shape:
    def nest(size: int) -> bytes:
        levels = size // (len(left) + len(right))
        return left * levels + b"1" + right * levels

    return nest


def _build_keys(size: int) -> bytes:
    """Build an object of different keys."""
    return b"{" + b",".join(b'"%05x":1' % key for key in range(size // 10)) + b"}"


def _build_same_keys(size: int) -> bytes:
    return b"{" + b",".join([b'"a":1'] * (size // 6)) + b"}"


SHAPES: Mapping[str, Shape] = {
    "lists": _repeat_in_list(b"[]"),
    "objects": _repeat_in_list(b"{}"),
    "whole numbers": _repeat_in_list(b"1"),
    "fractions": _repeat_in_list(b"1.5"),
    "exponents": _repeat_in_list(b"1e5"),
    "strings": _repeat_in_list(b'""'),
    "words": _repeat_in_list(b'"a"'),
    "nothing": _repeat_in_list(b"null"),
    "long numbers": _repeat_in_list(b"1" * 4_000),
    "middling numbers": _repeat_in_list(b"1" * 300),
    "one number": lambda size: b"1" * size,
    "deep lists": _nested(b"[", b"]"),
    "deep objects": _nested(b'{"a":', b"}"),
    "many short nests": _repeat_in_list(b"[" * 90 + b"]" * 90),
    "keys": _build_keys,
    "same keys": _build_same_keys,
    "one string": _repeat_in_string(b"x"),
    "brackets in a string": _repeat_in_string(b"[{,"),
    "escapes": _repeat_in_string(rb"\u0041"),
    "backslashes": _repeat_in_string(rb"\\"),
    "quotes": _repeat_in_string(rb"\""),
    "halves of pairs": _repeat_in_string(rb"\ud83d"),
    "NULs": _repeat_in_string(rb"\u0000"),
    "no UTF-8 late": lambda size: _repeat_in_string(b"x")(size - 1)[:-1] + b'\xff"',
    "no end": lambda size: _repeat_in_list(b"[]")(size)[:-1],
    "wrong type late": lambda size: b'["' + b'","'.join([b"a"] * (size // 4)) + b'",5]',
    "white space": lambda size: b" " * size + b"1",
}

#: Maximum characters of a value next to a hostile one.
SHORT = 100

#: The most expensive shapes in a search for all errors of a body.
DEAREST = ("lists", "fractions", "strings", "keys", "middling numbers", "no end")


def bodies_with_value(
    sample: Mapping[str, Any], names: Iterable[str], size: int, shapes: Mapping[str, Shape] = SHAPES
) -> Iterator[Worst]:
    """Yield bodies with a hostile value as the whole, in each field, and in an unknown field."""
    for name, shape in shapes.items():
        value = shape(size - 200)
        yield Worst(f"{name} as the body", value)
        for field in [*names, "x"]:
            yield Worst(f"{name} in {field}", _put_first(sample, field, value)[:size])
    yield Worst("a long name", b'{"' + b"x" * (size - 8) + b'":1}')
    yield Worst("late rubbish", msgspec.json.encode(sample) + b" " * (size // 2) + b"]")


def _put_first(sample: Mapping[str, Any], field: str, value: bytes) -> bytes:
    """Put the hostile value first, since a decoder stops at a wrong value; a few valid fields follow."""
    others = {name: one for name, one in sample.items() if name != field and len(str(one)) < SHORT}
    return b'{"%b":%b,%b' % (field.encode(), value, msgspec.json.encode({**others, "y": 1})[1:])


def bodies_with_items(sample: Mapping[str, Any], field: str, item: Any, size: int) -> Iterator[Worst]:
    """Yield bodies with a full list: valid items except the last, empty items, wrong items, too many
    items.
    """
    one = msgspec.json.encode(item)
    fitting = (size - 200) // (len(one) + 1)
    for count in {min(fitting, many) for many in (20, 50, 100, 500, 1_000, fitting)}:
        right = [one] * count
        for name, last in {"right": one, "one wrong late": b"5", "no JSON late": b"[", "many": b"{}"}.items():
            items = [b"{}"] * count if name == "many" else right
            yield Worst(f"{count} {name} in {field}", _items(sample, field, [*items[:-1], last]))
    if isinstance(item, dict):
        yield from _wrong_items(sample, field, item, fitting)


def _wrong_items(sample: Mapping[str, Any], field: str, item: dict[str, Any], fitting: int) -> Iterator[Worst]:
    wrong: dict[str, Any] = {name: [] for name in item}
    many = min(1_000, fitting)
    yield Worst(f"wrong values in {field}", _items(sample, field, [msgspec.json.encode(wrong)] * many))
    unknown = msgspec.json.encode(item | {f"x{number}": 1 for number in range(50)})
    yield Worst(f"unknown fields in {field}", _items(sample, field, [unknown] * min(many, 300)))


def _items(sample: Mapping[str, Any], field: str, items: list[bytes]) -> bytes:
    others = msgspec.json.encode({name: value for name, value in sample.items() if name != field})
    head = others[:-1] + (b"," if len(others) > 2 else b"")
    return head + b'"%b":[' % field.encode() + b",".join(items) + b"]}"


def hostile_tables(names: list[str], row: list[str], size: int) -> Iterator[Worst]:
    """Yield tables (CSV)."""
    head, line = ",".join(names).encode() + b"\n", ",".join(row).encode() + b"\n"
    many = min(1_000, size // len(line))
    yield Worst("rows", head + line * (size // len(line)))
    yield Worst("one wrong row late", head + line * (many - 1) + line.replace(b",", b",x", 3))
    yield Worst("wrong rows", head + (b",".join([b"?"] * len(names)) + b"\n") * (size // (2 * len(names))))
    yield Worst("empty rows", head + (b"," * (len(names) - 1) + b"\n") * (size // len(names) - 99))
    yield Worst("empty lines", head + b"\n" * (size - len(head)))
    yield Worst("empty lines of two bytes", head + b"\r\n" * (size // 2 - len(head)))
    yield Worst("commas", b"," * size)
    yield Worst("commas in a row", head + b"," * (size - len(head)))
    yield Worst("a row of many lines", head + b'"\n",' * (size // 4 - len(head)))
    yield Worst("one cell", head + b'"' + b"x" * (size - len(head) - 2) + b'"')
    yield Worst("lines in a cell", head + b'"' + b"\n" * (size - len(head) - 2) + b'"')
    yield Worst("quotes", head + b'"' + b'""' * (size // 2 - len(head)) + b'"')
    yield Worst("no UTF-8 late", head + line * ((size - 300) // len(line)) + b"\xff")
    yield Worst("NULs", head + b"\0" * (size - len(head)))
    yield Worst("names", ",".join(names * (size // 200)).encode() + b"\n" + line)


def hostile_forms(boundary: bytes, size: int) -> Iterator[Worst]:
    """Yield forms (multipart)."""
    end = b"--" + boundary + b"--\r\n"

    def part(name: bytes, value: bytes, more: bytes = b"") -> bytes:
        head = b'--%b\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n' % (boundary, name, more)
        return head + value + b"\r\n"

    empty = part(b"x", b"")
    yield Worst("empty parts", empty * (size // len(empty)) + end)
    file = part(b"file", b"x", b'; filename="a.png"')
    yield Worst("files", file * (size // len(file)) + end)
    yield Worst("a long text", part(b"caption", b"x" * (size - 200)) + end)
    yield Worst("a long kind", part(b"kind", b"x" * (size - 200)) + end)
    yield Worst("a long name", part(b"x" * (size - 200), b"") + end)
    heads = b"--%b\r\n" % boundary + b"A: b\r\n" * (size // 6 - 99) + b"\r\n\r\n"
    yield Worst("many heads", heads + end)
    yield Worst("almost ends", part(b"caption", (b"\r\n--" + boundary[:-1]) * (size // (len(boundary) + 8))) + end)
    yield Worst("line ends", part(b"caption", b"\r\n" * (size // 2 - 200)) + end)
    yield Worst("line ends before", b"\r\n" * (size // 2) + end)
    yield Worst("no boundary", b"x" * size)
    yield Worst("no picture", part(b"file", b"\x89PNG\r\n\x1a\n" + b"\0" * (size - 300), b'; filename="a.png"') + end)
