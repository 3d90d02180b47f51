"""From many candidates to one finding for each field (research 2.2)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

import msgspec

from schemas.brand import Candidate, Field, Finding
from workers.ingest.page.text import squash

#: Two independent places that say the same are worth this much more; nothing is ever certain.
AGREEMENT, MOST = 0.05, 0.98
ALTERNATIVES = 3
#: Of one document, for each field: of 267 real pages none says more.
KEPT = 30


def choose(candidates: Iterable[Candidate]) -> dict[Field, Finding]:
    """The most confident one wins, of equals the first; other values stay as alternatives."""
    by_field: dict[Field, list[Candidate]] = {}
    for candidate in candidates:
        by_field.setdefault(candidate.field, []).append(candidate)
    return {field: finding(said) for field, said in by_field.items()}


def foremost(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Each once, best first, and of each field no more than could be shown: a document may have thousands."""
    once: dict[tuple[str, str, str], Candidate] = {}
    for one in sorted(candidates, key=lambda one: -one.confidence):
        once.setdefault((one.field, one.rule, repr(one.value)), one)
    places: Counter[str] = Counter()
    kept = []
    for one in once.values():
        places[one.field] += 1
        kept += [one] if places[one.field] <= KEPT else []
    return kept


def finding(said: list[Candidate]) -> Finding:
    best, *others = islice(ranked(said), ALTERNATIVES + 1)
    return msgspec.structs.replace(best, alternatives=others)


def ranked(said: list[Candidate]) -> Iterator[Finding]:
    """Each value once, at its best place, best first."""
    alike: dict[str, list[Candidate]] = {}
    for candidate in sorted(said, key=lambda one: -one.confidence):
        alike.setdefault(essence(candidate), []).append(candidate)
    return iter(sorted(map(agreed, alike.values()), key=lambda one: -one.confidence))


def essence(candidate: Candidate) -> str:
    """What makes two values the same one; `en` and `en-US`, or two addresses, are not."""
    if isinstance(candidate.value, str) and candidate.field not in {"primaryLanguage", "logoUrl"}:
        return squash(candidate.value) or candidate.value
    return repr(candidate.value)


def agreed(alike: list[Candidate]) -> Finding:
    best = alike[0]
    independent = len({candidate.rule for candidate in alike}) > 1
    confidence = min(best.confidence + AGREEMENT, MOST) if independent else best.confidence
    return Finding(
        value=best.value,
        confidence=round(confidence, 3),
        rule=best.rule,
        url=best.url,
        evidence=best.evidence,
    )
