"""Parts of an `icp`, each with its quote, and the sentence made of them."""

from collections.abc import Iterable, Sequence

from schemas.brand import BrandPart
from workers.ingest.derive.audience import listing, sentence_case

#: Kinds of parts at least: a single kind is only an audience.
KINDS = 2


def is_customer(parts: Sequence[BrandPart], audience: str) -> bool:
    """Return whether there are parts of two kinds, with more information than the audience."""
    several = len({one.part for one in parts}) >= KINDS
    return several and not all(one.value.casefold() in audience.casefold() for one in parts)


def described(parts: Iterable[BrandPart]) -> str:
    """Build the sentence: `Designers and small businesses, who want to “send invoices in seconds”.`"""
    whom: dict[str, list[str]] = {}
    for one in parts:
        whom.setdefault(one.part, []).append(one.value)
    people = listing([*whom.get("role", ()), *whom.get("organization", ())])
    needs = listing([f"“{need}”" for need in whom.get("need", ())])
    return sentence_case(", who want to ".join(filter(None, (people, needs)))) + "."
