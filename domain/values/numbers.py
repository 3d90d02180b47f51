"""Numbers in JSON of the partner's own: those that come back as they were sent, and take what they took.

Postgres keeps a number of jsonb digit by digit: `1e308` becomes 309 of them, `1e-400` was 0 before it got
there. So a number is a whole one of 64 bits, or one that a double holds and plain digits show in few.
"""

import math
import re

WHOLE_MIN, WHOLE_MAX = -(2**63), 2**64 - 1

#: What every JSON library prints without an exponent (ECMA-262, Number::toString, and ten digits less).
LEAST, MOST = 1e-15, 1e21

#: Those of a double; what is longer comes back shorter.
DIGITS = 17

AS_TEXT = "send what is longer or larger as a string"

_MANTISSA = re.compile(r"-?0*([0-9]*)\.?([0-9]*)")


def read(text: str) -> float:
    """A number that has a fraction or an exponent, as JSON writes it. Raises ValueError with what to do."""
    value = float(text)
    found = _MANTISSA.match(text)
    digits = f"{found[1]}{found[2]}".strip("0") if found else ""
    if len(digits) > DIGITS:
        raise ValueError(f"a number may have {DIGITS} digits: {AS_TEXT}")
    if not is_kept(value) or (digits and not value):
        raise ValueError(f"a number must be 0 or from 1e-15 to 1e21: {AS_TEXT}")
    return value


def is_kept(value: float) -> bool:
    """True for a number that comes back as it was sent. (True and False are whole numbers.)"""
    if isinstance(value, int):
        return WHOLE_MIN <= value <= WHOLE_MAX
    return value == 0 or (math.isfinite(value) and LEAST <= abs(value) < MOST)
