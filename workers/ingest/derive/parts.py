"""Parts of an `icp`, each with its quote, and the sentence that they make."""

from collections.abc import Iterable, Sequence

from schemas.brand import BrandPart
from workers.ingest.derive.audience import listing, sentence_case

#: Kinds of parts at least: one alone is an audience.
KINDS = 2


def is_customer(parts: Sequence[BrandPart], audience: str) -> bool:
    """True if there are parts of two kinds, and they say more than the audience does."""
    several = len({one.part for one in parts}) >= KINDS
    return several and not all(one.value.casefold() in audience.casefold() for one in parts)


def described(parts: Iterable[BrandPart]) -> str:
    """The sentence: `Designers and small businesses, who want to “send invoices in seconds”.`"""
    whom: dict[str, list[str]] = {}
    for one in parts:
        whom.setdefault(one.part, []).append(one.value)
    people = listing([*whom.get("role", ()), *whom.get("organization", ())])
    needs = listing([f"“{need}”" for need in whom.get("need", ())])
    return sentence_case(", who want to ".join(filter(None, (people, needs)))) + "."
