"""JSON bodies: checks the counts first, then decodes the body as its type.

Each step takes at most milliseconds. Between two steps of a large body, other requests run.
"""

import re
from functools import cache
from typing import Any

import msgspec

from api.http import body_validation
from api.http.body_limits import JsonBodyLimits, body_limits_of_type
from domain.values import metadata, numbers
from domain.values.steps import CooperativeSteps
from schemas.errors import InvalidValue, MalformedBody

NOT_JSON_MESSAGE = "the body is not valid JSON in UTF-8"
BODY_DECODE_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

#: Maximum bytes of a body that is decoded in one step, without counting. The worst one takes two
#: milliseconds.
MAX_BODY_BYTES_WITHOUT_VALUE_COUNT = 16 << 10

#: Maximum digits of a number; Python parses and prints longer ones in quadratic time.
MAX_JSON_NUMBER_DIGITS = 400

#: Maximum of numbers with a fraction or an exponent: one takes four bytes of metadata.
MAX_JSON_FRACTIONAL_NUMBERS = metadata.MAX_METADATA_BYTES // 4
TOO_MANY_FRACTIONAL_NUMBERS_MESSAGE = f"may have at most {MAX_JSON_FRACTIONAL_NUMBERS} numbers that are not whole"

_JSON_STRING_PATTERN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_DIGITS_TO_ZEROS_TABLE = bytes.maketrans(b"123456789", b"000000000")


class _CountingFractionParser:
    """Parses the fractions of one body, and stops at the first one over the limit."""

    def __init__(self) -> None:
        self.fractions_left = MAX_JSON_FRACTIONAL_NUMBERS

    def parse_and_count_fractional_number(self, text: str) -> float:
        self.fractions_left -= 1
        if self.fractions_left < 0:
            raise ValueError(TOO_MANY_FRACTIONAL_NUMBERS_MESSAGE)
        return numbers.parse_preservable_json_float(text)


def decode_json_body(body: bytes, kind: Any) -> CooperativeSteps[Any]:
    """Decode a JSON body as a type, in steps. Raises `MalformedBody`, and `InvalidValue` with all validation errors."""
    if len(body) > MAX_BODY_BYTES_WITHOUT_VALUE_COUNT:
        yield from _check_json_value_counts(body, body_limits_of_type(kind))
        yield
    try:
        value = _decode_json_as_type(body, kind)
    except msgspec.ValidationError as error:
        if _json_decoder_of_type(kind)[1].fractions_left < 0:
            raise InvalidValue("body", TOO_MANY_FRACTIONAL_NUMBERS_MESSAGE) from None
        raise (yield from _collect_body_errors(body, kind, error)) from None
    except BODY_DECODE_ERRORS:
        raise MalformedBody(NOT_JSON_MESSAGE) from None
    if b"\\u0000" in body and b"\\u0000" in body.replace(rb"\\", b"__"):
        raise InvalidValue("body", "must not contain a NUL character")
    if len(body) > MAX_BODY_BYTES_WITHOUT_VALUE_COUNT:
        yield
    return value


def _check_json_value_counts(body: bytes, limits: JsonBodyLimits) -> CooperativeSteps[None]:
    """Raise `InvalidValue` for a JSON text with far more values than its type allows, or a very long number.

    "Far more" is about twice the limit: for one item too many, the decoder reports the exact path.
    """
    maximum = JsonBodyLimits(*(2 * limit + 1_000 for limit in limits))
    if _count_json_quotes(body) > 2 * maximum.strings:
        raise _build_too_many_json_values_error(maximum.strings, "strings")
    few = _count_json_containers(body) <= maximum.containers and body.count(b",") <= maximum.values
    if few and not _has_overlong_json_number(body):
        return
    yield
    # Strings may hold commas, brackets and digits: without them the counts are exact.
    bare = _JSON_STRING_PATTERN.sub(b"", body)
    if _count_json_containers(bare) > maximum.containers:
        raise _build_too_many_json_values_error(maximum.containers, "lists and objects")
    if bare.count(b",") > maximum.values:
        raise _build_too_many_json_values_error(maximum.values, "values")
    if _has_overlong_json_number(bare):
        raise InvalidValue("body", f"has a number of more than {MAX_JSON_NUMBER_DIGITS} digits: send it as a string")


def _count_json_quotes(text: bytes) -> int:
    """Count the quotes that begin or end a string of a JSON text: two for each string."""
    plain = text.replace(rb"\\", b"__") if b"\\" in text else text
    return plain.count(b'"') - plain.count(rb"\"")


def _count_json_containers(text: bytes) -> int:
    return text.count(b"[") + text.count(b"{")


def _has_overlong_json_number(text: bytes) -> bool:
    return b"0" * (MAX_JSON_NUMBER_DIGITS + 1) in text.translate(_DIGITS_TO_ZEROS_TABLE)


def _build_too_many_json_values_error(maximum: int, what: str) -> InvalidValue:
    return InvalidValue("body", f"has more than {maximum} {what}: no valid body of this route needs as many")


def _decode_json_as_type(body: bytes, kind: Any) -> Any:
    decoder, fractions = _json_decoder_of_type(kind)
    fractions.fractions_left = MAX_JSON_FRACTIONAL_NUMBERS
    return decoder.decode(body)


def _collect_body_errors(body: bytes, kind: Any, error: msgspec.ValidationError) -> CooperativeSteps[Exception]:
    """Return the validation errors as one `InvalidValue`; `MalformedBody` if the text isn't JSON as a whole."""
    large = len(body) > MAX_BODY_BYTES_WITHOUT_VALUE_COUNT
    if large:
        yield
    try:
        value = msgspec.json.decode(body)
    except BODY_DECODE_ERRORS:
        return MalformedBody(NOT_JSON_MESSAGE)
    if large:
        yield
    return body_validation.find_body_errors(value, kind) or InvalidValue(*body_validation.parse_msgspec_error(error))


@cache
def _json_decoder_of_type(kind: Any) -> tuple[msgspec.json.Decoder[Any], _CountingFractionParser]:
    fractions = _CountingFractionParser()
    return msgspec.json.Decoder(kind, float_hook=fractions.parse_and_count_fractional_number), fractions
