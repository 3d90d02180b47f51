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

#: Confidence that the second independent source of a value adds, and each further one; the upper limit.
AGREEMENT, FURTHER, MOST = 0.05, 0.01, 0.98
#: Fields where agreement proves nothing: a description is copied from place to place.
COPIED: frozenset[Field] = frozenset({"appDescription"})
#: Alternatives of a finding.
ALTERNATIVES = 3
#: Candidates that a document keeps for each field: of 267 real pages none has more.
KEPT = 30


def choose(candidates: Iterable[Candidate]) -> dict[Field, Finding]:
    """Choose the most confident candidate of each field, the first of equals; the others become alternatives.

    Colors are combined into one palette.
    """
    by_field: dict[Field, list[Candidate]] = {}
    for candidate in candidates:
        by_field.setdefault(candidate.field, []).append(candidate)
    colors = palette(by_field.pop("colors", []))
    chosen = {field: finding(found) for field, found in by_field.items()}
    return chosen | {"colors": colors} if colors else chosen


def foremost(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return distinct candidates, best first, at most `KEPT` for a field: a document may have thousands."""
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
    """Return one finding for each distinct value, best first, with the rule of its best candidate."""
    alike: dict[str, list[Candidate]] = {}
    for candidate in sorted(candidates, key=lambda one: -one.confidence):
        alike.setdefault(essence(candidate), []).append(candidate)
    return iter(sorted(map(agreed, alike.values()), key=lambda one: -one.confidence))


def essence(candidate: Candidate) -> str:
    """Return the key of a value, the same for equal values. Language tags and addresses are kept as they are.

    A name with a domain's ending has the same key as the name without it.
    """
    if isinstance(candidate.value, str) and candidate.field == "appName":
        return squash(stem(candidate.value)) or candidate.value
    if isinstance(candidate.value, str) and candidate.field not in {"primaryLanguage", "logoUrl"}:
        return squash(candidate.value) or candidate.value
    return repr(candidate.value)


def agreed(alike: list[Candidate]) -> Finding:
    """Merge candidates of one value, best first. Independent sources raise the confidence."""
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
    """Return the best candidate, but prefer `Acme` to `acme.com` if a place with room for both has `Acme`."""
    best = alike[0]
    if not is_domain(best):
        return best
    return next((one for one in alike if one.rule not in NARROW and not is_domain(one)), best)
