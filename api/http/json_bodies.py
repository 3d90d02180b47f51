"""JSON bodies: checks the counts first, then decodes the body as its type.

Each step takes at most milliseconds. Between two steps of a large body, other requests run.
"""

import re
from functools import cache
from typing import Any

import msgspec

from api.http import body_validation
from api.http.body_limits import BodyLimits, limits_of
from domain.values import metadata, numbers
from domain.values.steps import Steps
from schemas.errors import Invalid, Malformed

NOT_JSON = "the body is not valid JSON in UTF-8"
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

#: Maximum bytes of a body that is decoded in one step, without counting. The worst one takes two
#: milliseconds.
SMALL_BYTES = 16 << 10

#: Maximum digits of a number; Python parses and prints longer ones in quadratic time.
MAX_DIGITS = 400

#: Maximum of numbers with a fraction or an exponent: one takes four bytes of metadata.
MAX_FRACTIONS = metadata.MAX_BYTES // 4
TOO_MANY_FRACTIONS = f"may have at most {MAX_FRACTIONS} numbers that are not whole"

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_DIGITS_AS_ZEROS = bytes.maketrans(b"123456789", b"000000000")


class _Fractions:
    """Parses the fractions of one body, and stops at the first one over the limit."""

    def __init__(self) -> None:
        self.left = MAX_FRACTIONS

    def read(self, text: str) -> float:
        self.left -= 1
        if self.left < 0:
            raise ValueError(TOO_MANY_FRACTIONS)
        return numbers.read(text)


def read(body: bytes, kind: Any) -> Steps[Any]:
    """Decode a body as a type. Raises `Malformed`, and `Invalid` with all validation errors."""
    if len(body) > SMALL_BYTES:
        yield from _check_counts(body, limits_of(kind))
        yield
    try:
        value = _decode(body, kind)
    except msgspec.ValidationError as error:
        if _decoder(kind)[1].left < 0:
            raise Invalid("body", TOO_MANY_FRACTIONS) from None
        raise (yield from _collect_errors(body, kind, error)) from None
    except UNREADABLE:
        raise Malformed(NOT_JSON) from None
    if b"\\u0000" in body and b"\\u0000" in body.replace(rb"\\", b"__"):
        raise Invalid("body", "must not contain a NUL character")
    if len(body) > SMALL_BYTES:
        yield
    return value


def _check_counts(body: bytes, limits: BodyLimits) -> Steps[None]:
    """Refuse a text with far more values than the type allows, or with a very long number. Raises `Invalid`.

    "Far more" is twice the limit: for one item too many, the decoder reports the exact path.
    """
    maximum = BodyLimits(*(2 * limit + 1_000 for limit in limits))
    if _count_quotes(body) > 2 * maximum.strings:
        raise _too_many_values(maximum.strings, "strings")
    few = _count_containers(body) <= maximum.containers and body.count(b",") <= maximum.values
    if few and not _has_long_number(body):
        return
    yield
    # Strings may hold commas, brackets and digits: without them the counts are exact.
    bare = _STRING.sub(b"", body)
    if _count_containers(bare) > maximum.containers:
        raise _too_many_values(maximum.containers, "lists and objects")
    if bare.count(b",") > maximum.values:
        raise _too_many_values(maximum.values, "values")
    if _has_long_number(bare):
        raise Invalid("body", f"has a number of more than {MAX_DIGITS} digits: send it as a string")


def _count_quotes(text: bytes) -> int:
    """Count the quotes that begin or end a string."""
    plain = text.replace(rb"\\", b"__") if b"\\" in text else text
    return plain.count(b'"') - plain.count(rb"\"")


def _count_containers(text: bytes) -> int:
    return text.count(b"[") + text.count(b"{")


def _has_long_number(text: bytes) -> bool:
    return b"0" * MAX_DIGITS in text.translate(_DIGITS_AS_ZEROS)


def _too_many_values(maximum: int, what: str) -> Invalid:
    return Invalid("body", f"has more than {maximum} {what}: no valid body of this route needs as many")


def _decode(body: bytes, kind: Any) -> Any:
    decoder, fractions = _decoder(kind)
    fractions.left = MAX_FRACTIONS
    return decoder.decode(body)


def _collect_errors(body: bytes, kind: Any, error: msgspec.ValidationError) -> Steps[Exception]:
    """Collect the validation errors of a body; `Malformed` if the text after the first error is no JSON."""
    large = len(body) > SMALL_BYTES
    if large:
        yield
    try:
        value = msgspec.json.decode(body)
    except UNREADABLE:
        return Malformed(NOT_JSON)
    if large:
        yield
    return body_validation.find_body_errors(value, kind) or Invalid(*body_validation.parse_error(error))


@cache
def _decoder(kind: Any) -> tuple[msgspec.json.Decoder[Any], _Fractions]:
    fractions = _Fractions()
    return msgspec.json.Decoder(kind, float_hook=fractions.read), fractions
