"""Score of a reader: the number of expected fields that it finds."""

from collections import Counter
from collections.abc import Sequence

from bench.reading import Fields
from workers.ingest.page.text import clean, squash

FIELDS = Fields.__struct_fields__
#: Characters from which a truncated description counts as found.
TRUNCATED_CHARS = 40


def expected(cases: Sequence[Fields]) -> dict[str, int]:
    """Count the cases that expect each field; omits fields without any."""
    return dict(Counter(field for case in cases for field in FIELDS if getattr(case, field)))


def count_correct(found: Sequence[Fields | None], cases: Sequence[Fields]) -> dict[str, int]:
    """Count the expected values of each field that a reader finds."""
    hits = dict.fromkeys(expected(cases), 0)
    for fields, case in zip(found, cases, strict=True):
        for field in hits:
            hits[field] += matches(field, getattr(case, field), getattr(fields, field, None))
    return hits


def matches(field: str, expected_value: str | None, value: str | None) -> bool:
    """Return whether two values match: the same letters, the same language, or a description's same
    beginning.
    """
    if not expected_value or not value:
        return False
    if field == "language":
        return language(expected_value) == language(value)
    shorter, longer = sorted(map(squash, map(clean, (expected_value, value))), key=len)
    return shorter == longer or (
        field == "description" and len(shorter) >= TRUNCATED_CHARS and longer.startswith(shorter)
    )


def language(tag: str) -> str:
    return tag.strip().replace("_", "-").partition("-")[0].lower()
