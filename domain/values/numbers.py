"""Numbers in the partner's JSON: accepted if they return unchanged and stay short.

Postgres stores a number of jsonb digit by digit: `1e308` becomes 309 digits, and `1e-400` was parsed as 0
before. So a number must be a 64-bit integer, or a double with a short plain notation.
"""

import math
import re

MIN_JSON_INTEGER, MAX_JSON_INTEGER = -(2**63), 2**64 - 1

#: Range that every JSON library prints without an exponent (ECMA-262, Number::toString, and ten digits less).
MIN_JSON_FLOAT_MAGNITUDE, MAX_JSON_FLOAT_MAGNITUDE = 1e-15, 1e21

#: Digits of a double; a longer number returns shortened.
MAX_DOUBLE_DIGITS = 17

SEND_NUMBER_AS_STRING_ADVICE = "send a longer or larger one as a string"

_MANTISSA_PATTERN = re.compile(r"-?0*([0-9]*)\.?([0-9]*)")


def parse_preservable_json_float(text: str) -> float:
    """Parse a JSON number with a fraction or exponent. Raises ValueError with advice if it can't be kept unchanged."""
    value = float(text)
    match = _MANTISSA_PATTERN.match(text)
    digits = f"{match[1]}{match[2]}".strip("0") if match else ""
    if len(digits) > MAX_DOUBLE_DIGITS:
        raise ValueError(f"a number may have {MAX_DOUBLE_DIGITS} digits: {SEND_NUMBER_AS_STRING_ADVICE}")
    if not is_json_number_preserved(value) or (digits and not value):
        raise ValueError(f"a number must be 0 or from 1e-15 to 1e21: {SEND_NUMBER_AS_STRING_ADVICE}")
    return value


def is_json_number_preserved(value: float) -> bool:
    """Return whether Postgres and JSON libraries return a number unchanged.

    An integer (or bool) is from -2**63 to 2**64 - 1, a float is 0 or of a magnitude from 1e-15 to below 1e21.
    """
    if isinstance(value, int):
        return MIN_JSON_INTEGER <= value <= MAX_JSON_INTEGER
    return value == 0 or (math.isfinite(value) and MIN_JSON_FLOAT_MAGNITUDE <= abs(value) < MAX_JSON_FLOAT_MAGNITUDE)
