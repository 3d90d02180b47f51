"""Normal forms and hashes, compared with Meta's own SDK for Python from PyPI."""

import json
import random
import subprocess
from collections.abc import Callable, Mapping

import pytest

from domain.values.countries import COUNTRY_CODES
from tests.peers import pypi
from workers.conversions import hashing

pytestmark = pytest.mark.peers

EACH = 1_000

#: Reads pairs of field and text from stdin, in one JSON list; prints the hash of each, or null.
ASK = """
import json, sys
from facebook_business.adobjects.serverside.normalize import Normalize

def hashed(field, text):
    try:
        return Normalize.normalize(field, text, True)
    except (TypeError, ValueError):
        return None

print(json.dumps([hashed(field, text) for field, text in json.load(sys.stdin)]))
"""
LETTERS = "abcXYZÄéßñΣИ정李🙂 '-.,()0123456789\t"
BLANK = hashing.sha256_hex("")


def test_normalized_values_match_metas_sdk() -> None:
    chance = random.Random(20261127)
    asked = [(field, make(chance)) for field, make in MAKE.items() for _ in range(EACH)]
    program = str(pypi.install("facebook_business"))
    result = subprocess.run([program, "-c", ASK], input=json.dumps(asked), capture_output=True, text=True, check=True)
    theirs = json.loads(result.stdout)
    assert len(theirs) == len(MAKE) * EACH
    differ = [
        (field, text)
        for (field, text), their in zip(asked, theirs, strict=True)
        # The SDK hashes a value that is empty after normalization; that hash would match everyone.
        if hashing.hash_personal_field(text, hashing.NORMALIZER_BY_META_FIELD[field])
        != (None if their == BLANK else their)
    ]
    assert differ == []


def some(chance: random.Random, most: int = 20) -> str:
    return "".join(chance.choices(LETTERS, k=chance.randint(1, most)))


def email(chance: random.Random) -> str:
    made = f"{some(chance)}@{some(chance)}.{some(chance, 3)}"
    return chance.choice([made, made.upper(), f"  {made} ", some(chance)])


def phone(chance: random.Random) -> str:
    """Return an E.164 number in a human notation: Meta's SDK guesses other numbers."""
    digits = f"{chance.randint(1, 9)}{chance.randint(10**7, 10**12)}"
    return "+" + "".join(digit + chance.choice(["", "", "", " ", "-"]) for digit in digits)


def country(chance: random.Random) -> str:
    code = chance.choice(sorted(COUNTRY_CODES - {"xk"}))
    return chance.choice([code, code.upper(), f" {code}", some(chance, 4)])


def postcode(chance: random.Random) -> str:
    return chance.choice([f"{chance.randint(10000, 99999)}-{chance.randint(1000, 9999)}", some(chance)])


#: Eight fields, a thousand texts each.
MAKE: Mapping[str, Callable[[random.Random], str]] = {
    "em": email, "ph": phone, "fn": some, "ln": some, "ct": some, "st": some, "zp": postcode,
    "country": country,
}  # fmt: skip
