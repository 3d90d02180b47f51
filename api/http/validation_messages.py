"""Messages of validation errors: translates msgspec's texts into sentences that state the allowed values."""

import re
from collections.abc import Callable, Iterable
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

#: Maximum number of allowed values in a message; a list of all currencies would be too long.
MAX_CHOICES = 40

#: msgspec's type names, translated for callers of the API.
_NAMES = {
    "array": "a list",
    "bool": "true or false",
    "date": "a date (YYYY-MM-DD)",
    "datetime": "a time (RFC 3339, such as 2027-01-31T12:00:00Z)",
    "float": "a number",
    "int": "a whole number",
    "object": "an object",
    "str": "a text",
}
_UNITS = {"array": "items", "object": "fields", "str": "characters"}
_BOUNDS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}


class _Rule(NamedTuple):
    pattern: re.Pattern[str]
    describe: Callable[[re.Match[str]], str]


def describe(text: str, kind: Any = None) -> str:
    """Translate a message of msgspec; with the value's type, list the allowed values.

    Returns an unknown message unchanged.
    """
    allowed = allowed_values_of(kind) if text.startswith("Invalid enum value") else []
    if 0 < len(allowed) <= MAX_CHOICES:
        return f"must be one of {', '.join(allowed)}"
    for rule in _RULES:
        if match := rule.pattern.fullmatch(text):
            return rule.describe(match)
    return text


def allowed_values_of(kind: Any) -> list[str]:
    """Return the allowed values of an enum-like type, in order; an empty list for other types."""
    bare = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    if get_origin(bare) is Literal:
        return [str(value) for value in get_args(bare)]
    if get_origin(bare) in {Union, UnionType}:
        return [value for option in get_args(bare) for value in allowed_values_of(option)]
    if get_origin(bare) in {list, tuple, set, frozenset}:
        return allowed_values_of(get_args(bare)[0])
    if isinstance(bare, type) and issubclass(bare, Enum):
        return [str(value.value) for value in bare]
    return []


def _describe_type(match: re.Match[str]) -> str:
    return f"must be {_join_types(match['types'].split(' | '))}, not {_type_name(match['got'])}"


def _join_types(types: Iterable[str]) -> str:
    return " or ".join(map(_type_name, types))


def _type_name(kind: str) -> str:
    return _NAMES.get(kind, kind)


def _describe_length(match: re.Match[str]) -> str:
    kind, bound, number = match["kind"], _BOUNDS[match["bound"]], match["number"]
    units = _UNITS.get(kind, "bytes")
    return f"must have {bound} {number} {units.removesuffix('s') if number == '1' else units}"


#: The form in which msgspec quotes the pattern of `schemas.base.Text`.
_NUL = re.compile(re.escape(r"Expected `str` matching regex '^[^\\x00]*$'"))

_RULES = (
    _Rule(re.compile(r"Expected `int`, got `float`"), lambda _: "must be a whole number, not a fraction"),
    _Rule(
        re.compile(r"Expected `\w+` that's a multiple of (?P<number>[-+.\de]+)"),
        lambda found: f"must be a multiple of {found['number']}",
    ),
    _Rule(re.compile(r"Invalid UUID"), lambda _: "must be a UUID"),
    _Rule(re.compile(r"Expected `(?P<types>[^`]+)`, got `(?P<got>[^`]+)`"), _describe_type),
    _Rule(
        re.compile(r"Expected `(?P<kind>\w+)` of length (?P<bound>[<>]=) (?P<number>\d+)"), _describe_length
    ),
    _Rule(
        re.compile(r"Expected `\w+` (?P<bound>[<>]=?) (?P<number>[-+.\de]+)"),
        lambda found: f"must be {_BOUNDS[found['bound']]} {found['number']}",
    ),
    _Rule(_NUL, lambda _: "must not contain a NUL character"),
    _Rule(
        re.compile(r"Expected `\w+` matching regex (?P<quote>['\"])(?P<pattern>.*)(?P=quote)", re.DOTALL),
        lambda found: f"must be of the form {found['pattern']}",
    ),
    _Rule(
        re.compile(r"Invalid RFC3339 encoded (?P<kind>\w+)"),
        lambda found: f"must be {_type_name(found['kind'])}",
    ),
    _Rule(
        re.compile(r"Expected `datetime` with a timezone component"),
        lambda _: "must name its zone: end it in Z, or in an offset such as +02:00",
    ),
    _Rule(re.compile(r"Object missing required field `.*`", re.DOTALL), lambda _: "is required"),
    _Rule(
        re.compile(r"Object contains unknown field `.*`", re.DOTALL),
        lambda _: "is not a field of this object",
    ),
)
