"""Choice of one finding for each field from many candidates (docs/explain/brand.md has the rules)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

import msgspec

from schemas.brand import Candidate, Field, Finding
from workers.ingest.page.text import squash

#: Confidence that a second rule with the same value adds, and the most that any value gets.
AGREEMENT, MOST = 0.05, 0.98
#: Alternatives of a finding.
ALTERNATIVES = 3
#: Candidates of one document that are kept for each field: of 267 real pages none has more.
KEPT = 30


def choose(candidates: Iterable[Candidate]) -> dict[Field, Finding]:
    """The most confident candidate of each field, of equals the first; others become alternatives."""
    by_field: dict[Field, list[Candidate]] = {}
    for candidate in candidates:
        by_field.setdefault(candidate.field, []).append(candidate)
    return {field: finding(found) for field, found in by_field.items()}


def foremost(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Each candidate once, best first, at most `KEPT` of a field: a document may have thousands."""
    once: dict[tuple[str, str, str], Candidate] = {}
    for one in sorted(candidates, key=lambda one: -one.confidence):
        once.setdefault((one.field, one.rule, repr(one.value)), one)
    kept_of: Counter[str] = Counter()
    kept = []
    for one in once.values():
        kept_of[one.field] += 1
        kept += [one] if kept_of[one.field] <= KEPT else []
    return kept


def finding(candidates: list[Candidate]) -> Finding:
    best, *others = islice(ranked(candidates), ALTERNATIVES + 1)
    return msgspec.structs.replace(best, alternatives=others)


def ranked(candidates: list[Candidate]) -> Iterator[Finding]:
    """Each value once, with its best candidate's rule, best first."""
    alike: dict[str, list[Candidate]] = {}
    for candidate in sorted(candidates, key=lambda one: -one.confidence):
        alike.setdefault(essence(candidate), []).append(candidate)
    return iter(sorted(map(agreed, alike.values()), key=lambda one: -one.confidence))


def essence(candidate: Candidate) -> str:
    """Key of a value: equal for two that say the same. Language tags and addresses are compared exactly."""
    if isinstance(candidate.value, str) and candidate.field not in {"primaryLanguage", "logoUrl"}:
        return squash(candidate.value) or candidate.value
    return repr(candidate.value)


def agreed(alike: list[Candidate]) -> Finding:
    """The finding of candidates with one value; a second rule raises its confidence."""
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
