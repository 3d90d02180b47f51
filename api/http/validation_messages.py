"""Messages of validation errors: translates msgspec's texts into sentences that state the allowed values."""

import re
from collections.abc import Callable
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

#: Maximum number of allowed values in a message; a list of all currencies would be too long.
MAX_LISTED_ALLOWED_VALUES = 40

#: msgspec's type names, translated for callers of the API.
_READABLE_TYPE_NAMES = {
    "array": "a list",
    "bool": "true or false",
    "date": "a date (YYYY-MM-DD)",
    "datetime": "a time (RFC 3339, such as 2027-01-31T12:00:00Z)",
    "float": "a number",
    "int": "a whole number",
    "object": "an object",
    "str": "a text",
}
_LENGTH_UNITS_BY_TYPE = {"array": "items", "object": "fields", "str": "characters"}
_WORDS_BY_BOUND_SIGN = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}


class _MsgspecMessageRule(NamedTuple):
    pattern: re.Pattern[str]
    describe: Callable[[re.Match[str]], str]


def translate_msgspec_message(text: str, kind: Any = None) -> str:
    """Translate a validation message of msgspec for callers of the API.

    With the value's type, list the allowed values of an enum. Return an unknown message unchanged.
    """
    allowed = list_allowed_values_of_type(kind) if text.startswith("Invalid enum value") else []
    if 0 < len(allowed) <= MAX_LISTED_ALLOWED_VALUES:
        return f"must be one of {', '.join(allowed)}"
    for rule in _MSGSPEC_MESSAGE_RULES:
        if match := rule.pattern.fullmatch(text):
            return rule.describe(match)
    return text


def list_allowed_values_of_type(kind: Any) -> list[str]:
    """Return the allowed values of an enum, literal, or list or union of them, in order; empty for other types."""
    bare = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    if get_origin(bare) is Literal:
        return [str(value) for value in get_args(bare)]
    if get_origin(bare) in {Union, UnionType}:
        return [value for option in get_args(bare) for value in list_allowed_values_of_type(option)]
    if get_origin(bare) in {list, tuple, set, frozenset}:
        return list_allowed_values_of_type(get_args(bare)[0])
    if isinstance(bare, type) and issubclass(bare, Enum):
        return [str(value.value) for value in bare]
    return []


def _describe_type_mismatch(match: re.Match[str]) -> str:
    types = " or ".join(map(_type_name_for_error, match["types"].split(" | ")))
    return f"must be {types}, not {_type_name_for_error(match['got'])}"


def _type_name_for_error(kind: str) -> str:
    return _READABLE_TYPE_NAMES.get(kind, kind)


def _describe_length_error(match: re.Match[str]) -> str:
    kind, bound, number = match["kind"], _WORDS_BY_BOUND_SIGN[match["bound"]], match["number"]
    units = _LENGTH_UNITS_BY_TYPE.get(kind, "bytes")
    return f"must have {bound} {number} {units.removesuffix('s') if number == '1' else units}"


#: The form in which msgspec quotes the pattern of `schemas.base.NulFreeText`.
_MSGSPEC_NUL_ERROR_PATTERN = re.compile(re.escape(r"Expected `str` matching regex '^[^\\x00]*$'"))

_MSGSPEC_MESSAGE_RULES = (
    _MsgspecMessageRule(re.compile(r"Expected `int`, got `float`"), lambda _: "must be a whole number, not a fraction"),
    _MsgspecMessageRule(
        re.compile(r"Expected `\w+` that's a multiple of (?P<number>[-+.\de]+)"),
        lambda found: f"must be a multiple of {found['number']}",
    ),
    _MsgspecMessageRule(re.compile(r"Invalid UUID"), lambda _: "must be a UUID"),
    _MsgspecMessageRule(re.compile(r"Expected `(?P<types>[^`]+)`, got `(?P<got>[^`]+)`"), _describe_type_mismatch),
    _MsgspecMessageRule(
        re.compile(r"Expected `(?P<kind>\w+)` of length (?P<bound>[<>]=) (?P<number>\d+)"), _describe_length_error
    ),
    _MsgspecMessageRule(
        re.compile(r"Expected `\w+` (?P<bound>[<>]=?) (?P<number>[-+.\de]+)"),
        lambda found: f"must be {_WORDS_BY_BOUND_SIGN[found['bound']]} {found['number']}",
    ),
    _MsgspecMessageRule(_MSGSPEC_NUL_ERROR_PATTERN, lambda _: "must not contain a NUL character"),
    _MsgspecMessageRule(
        re.compile(r"Expected `\w+` matching regex (?P<quote>['\"])(?P<pattern>.*)(?P=quote)", re.DOTALL),
        lambda found: f"must be of the form {found['pattern']}",
    ),
    _MsgspecMessageRule(
        re.compile(r"Invalid RFC3339 encoded (?P<kind>\w+)"),
        lambda found: f"must be {_type_name_for_error(found['kind'])}",
    ),
    _MsgspecMessageRule(
        re.compile(r"Expected `datetime` with a timezone component"),
        lambda _: "must name its zone: end it in Z, or in an offset such as +02:00",
    ),
    _MsgspecMessageRule(re.compile(r"Object missing required field `.*`", re.DOTALL), lambda _: "is required"),
    _MsgspecMessageRule(
        re.compile(r"Object contains unknown field `.*`", re.DOTALL), lambda _: "is not a field of this object"
    ),
)
