"""Score of a reader: how many of the fields that cases expect it finds."""

from collections import Counter
from collections.abc import Sequence

from bench.reading import Fields
from workers.ingest.page.text import clean, squash

FIELDS = Fields.__struct_fields__
#: Characters from which a description that was cut counts as found.
CUT = 40


def expected(cases: Sequence[Fields]) -> dict[str, int]:
    """Number of cases that expect each field; none that no case expects."""
    return dict(Counter(field for case in cases for field in FIELDS if getattr(case, field)))


def right(found: Sequence[Fields | None], cases: Sequence[Fields]) -> dict[str, int]:
    """Number of them that a reader finds."""
    hits = dict.fromkeys(expected(cases), 0)
    for one, case in zip(found, cases, strict=True):
        for field in hits:
            hits[field] += is_right(field, getattr(case, field), getattr(one, field, None))
    return hits


def is_right(field: str, wanted: str | None, got: str | None) -> bool:
    """True if both say the same: the same letters, the same language, or a description's same beginning."""
    if not wanted or not got:
        return False
    if field == "language":
        return language(wanted) == language(got)
    one, other = sorted(map(squash, map(clean, (wanted, got))), key=len)
    return one == other or (field == "description" and len(one) >= CUT and other.startswith(one))


def language(tag: str) -> str:
    return tag.strip().replace("_", "-").partition("-")[0].lower()
