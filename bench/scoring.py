"""Score of a reader: the number of expected fields that it finds."""

from collections import Counter
from collections.abc import Sequence

from bench.reading import Fields
from workers.ingest.page.text import clean, squash

FIELDS = Fields.__struct_fields__
#: Characters from which a truncated description counts as found.
CUT = 40


def expected(cases: Sequence[Fields]) -> dict[str, int]:
    """Count the cases that expect each field; omits fields without any."""
    return dict(Counter(field for case in cases for field in FIELDS if getattr(case, field)))


def right(found: Sequence[Fields | None], cases: Sequence[Fields]) -> dict[str, int]:
    """Count the expected values of each field that a reader finds."""
    hits = dict.fromkeys(expected(cases), 0)
    for one, case in zip(found, cases, strict=True):
        for field in hits:
            hits[field] += is_right(field, getattr(case, field), getattr(one, field, None))
    return hits


def is_right(field: str, wanted: str | None, got: str | None) -> bool:
    """Return whether two values match: the same letters, the same language, or a description's same
    beginning.
    """
    if not wanted or not got:
        return False
    if field == "language":
        return language(wanted) == language(got)
    one, other = sorted(map(squash, map(clean, (wanted, got))), key=len)
    return one == other or (field == "description" and len(one) >= CUT and other.startswith(one))


def language(tag: str) -> str:
    return tag.strip().replace("_", "-").partition("-")[0].lower()
