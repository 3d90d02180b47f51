"""Parts of an `icp`, each with its quote, and the sentence made of them."""

from collections.abc import Iterable, Sequence

from schemas.brand import BrandPart
from workers.ingest.derive.audience import listing, sentence_case

#: Kinds of parts at least: a single kind is only an audience.
MIN_KINDS = 2


def is_customer(parts: Sequence[BrandPart], audience: str) -> bool:
    """Return whether there are parts of two kinds, with more information than the audience."""
    has_kinds = len({part.part for part in parts}) >= MIN_KINDS
    return has_kinds and not all(part.value.casefold() in audience.casefold() for part in parts)


def describe_customer(parts: Iterable[BrandPart]) -> str:
    """Build the sentence: `Designers and small businesses, who want to “send invoices in seconds”.`"""
    by_kind: dict[str, list[str]] = {}
    for part in parts:
        by_kind.setdefault(part.part, []).append(part.value)
    people = listing([*by_kind.get("role", ()), *by_kind.get("organization", ())])
    needs = listing([f"“{need}”" for need in by_kind.get("need", ())])
    return sentence_case(", who want to ".join(filter(None, (people, needs)))) + "."
