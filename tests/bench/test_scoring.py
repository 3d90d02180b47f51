"""Score of page readers: which values count as equal."""

import pytest

from bench import scoring
from bench.reading import Fields

LONG = "Acme keeps the notes of small teams, and finds each of them again"
#: Field, expected value, found value, and whether they match.
PAIRS = [
    ("name", "Acme Notes", "ACME-Notes", True),
    ("name", "Acme", "Acme Notes", False),
    ("name", "Acme", "", False),
    ("title", "Tom &amp; Jerry’s day", "Tom & Jerry's day", True),
    ("title", LONG, LONG + " and again", False),
    ("description", LONG, LONG[:50] + "…", True),
    ("description", LONG, LONG[:20] + "…", False),
    ("language", "en", "en-GB", True),
    ("language", "pt_BR", "pt", True),
    ("language", "en", "de", False),
]


@pytest.mark.parametrize(("field", "expected", "found", "right"), PAIRS)
def test_equivalent_values_match(field: str, expected: str, found: str, *, right: bool) -> None:
    assert scoring.matches(field, expected, found) is right


def test_only_expected_fields_of_read_pages_count() -> None:
    cases = [Fields(name="Acme"), Fields(name="Zap", language="en"), Fields()]
    found = [Fields(name="Acme", title="x"), None, Fields(name="Other")]
    assert scoring.expected(cases) == {"name": 2, "language": 1}
    assert scoring.count_correct(found, cases) == {"name": 1, "language": 0}
