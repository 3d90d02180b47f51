"""Choice of one finding for each field from many candidates (docs/explain/brand.md has the rules)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

import msgspec

from schemas.brand import Candidate, Field, Finding
from workers.ingest.colors.palette import palette
from workers.ingest.page.address import stem
from workers.ingest.page.text import squash
from workers.ingest.witnesses import NARROW, is_domain, witnesses

#: Confidence that a second witness of the same value adds, and each further one; the most that a value gets.
AGREEMENT, FURTHER, MOST = 0.05, 0.01, 0.98
#: Fields in which places that agree prove nothing: a description is copied from place to place.
COPIED: frozenset[Field] = frozenset({"appDescription"})
#: Alternatives of a finding.
ALTERNATIVES = 3
#: Candidates of one document that are kept for each field: of 267 real pages none has more.
KEPT = 30


def choose(candidates: Iterable[Candidate]) -> dict[Field, Finding]:
    """The most confident candidate of each field, of equals the first; others become alternatives.

    Colors stand beside each other, as a palette.
    """
    by_field: dict[Field, list[Candidate]] = {}
    for candidate in candidates:
        by_field.setdefault(candidate.field, []).append(candidate)
    colors = palette(by_field.pop("colors", []))
    chosen = {field: finding(found) for field, found in by_field.items()}
    return chosen | {"colors": colors} if colors else chosen


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
    """Key of a value: equal for two that say the same. Language tags and addresses are compared exactly.

    A name that is a domain says the same as the name without its ending.
    """
    if isinstance(candidate.value, str) and candidate.field == "appName":
        return squash(stem(candidate.value)) or candidate.value
    if isinstance(candidate.value, str) and candidate.field not in {"primaryLanguage", "logoUrl"}:
        return squash(candidate.value) or candidate.value
    return repr(candidate.value)


def agreed(alike: list[Candidate]) -> Finding:
    """The finding of candidates with one value, best first; more witnesses raise its confidence."""
    said = spelled(alike)
    others = 0 if said.field in COPIED else witnesses(alike) - 1
    added = AGREEMENT + FURTHER * (others - 1) if others else 0.0
    confidence = alike[0].confidence
    return Finding(
        value=said.value,
        confidence=round(max(confidence, min(confidence + added, MOST)), 3),
        rule=said.rule,
        url=said.url,
        evidence=said.evidence,
        parts=said.parts,
    )


def spelled(alike: list[Candidate]) -> Candidate:
    """The best candidate; but `Acme` rather than `acme.com` where a place says so that has room for both."""
    best = alike[0]
    if not is_domain(best):
        return best
    return next((one for one in alike if one.rule not in NARROW and not is_domain(one)), best)
