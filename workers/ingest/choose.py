"""Choice of one finding for each field from many candidates (docs/explain/brand.md has the rules)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

import msgspec

from schemas.brand import BrandFieldName, FieldCandidate, SourceFieldFinding
from workers.ingest.colors.palette import choose_brand_palette
from workers.ingest.corroboration import (
    RULES_OF_PLACES_WITH_SHORTENED_NAMES,
    count_independent_sources,
    cut_lines_after_names,
    is_domain_as_name,
    is_longer_name,
)
from workers.ingest.page.address import strip_domain_ending
from workers.ingest.page.text import fold_text
from workers.ingest.placeholders import drop_placeholder_candidates
from workers.ingest.platforms import build_brand_platforms_finding

#: Confidence that the second independent source of a value adds.
SECOND_SOURCE_BONUS = 0.05
#: Confidence that each further source adds.
FURTHER_SOURCE_BONUS = 0.01
#: Highest confidence by agreement.
MAX_AGREED_VALUE_CONFIDENCE = 0.98
#: Fields where agreement proves nothing: a description is copied from place to place.
NO_AGREEMENT_BONUS_FIELDS: frozenset[BrandFieldName] = frozenset({"appDescription"})
MAX_ALTERNATIVE_FINDINGS = 3
#: Candidates that a document keeps for each field: of 267 real pages none has more.
MAX_CANDIDATES_PER_FIELD = 30


def choose_brand_findings(candidates: Iterable[FieldCandidate]) -> dict[BrandFieldName, SourceFieldFinding]:
    """Choose the most confident value of each field, the first of equals; keep `MAX_ALTERNATIVE_FINDINGS` others.

    Placeholders of themes and generators are dropped first. Colors are combined into one palette, platforms into
    one list.
    """
    by_field: dict[BrandFieldName, list[FieldCandidate]] = {}
    for candidate in drop_placeholder_candidates(candidates):
        by_field.setdefault(candidate.field, []).append(candidate)
    combined: dict[BrandFieldName, SourceFieldFinding | None] = {
        "colors": choose_brand_palette(by_field.pop("colors", [])),
        "platforms": build_brand_platforms_finding(by_field.pop("platforms", [])),
    }
    chosen = {field: build_field_finding(of_field) for field, of_field in by_field.items()}
    return chosen | {field: finding for field, finding in combined.items() if finding}


def keep_best_candidates(candidates: Iterable[FieldCandidate]) -> list[FieldCandidate]:
    """Return a document's distinct candidates, the most confident first.

    A document may have thousands. At most `MAX_CANDIDATES_PER_FIELD` are kept for each field.
    """
    distinct: dict[tuple[str, str, str], FieldCandidate] = {}
    for candidate in sorted(candidates, key=lambda candidate: -candidate.confidence):
        distinct.setdefault((candidate.field, candidate.rule, repr(candidate.value)), candidate)
    kept_by_field: Counter[str] = Counter()
    best = []
    for candidate in distinct.values():
        kept_by_field[candidate.field] += 1
        best += [candidate] if kept_by_field[candidate.field] <= MAX_CANDIDATES_PER_FIELD else []
    return best


def build_field_finding(candidates: list[FieldCandidate]) -> SourceFieldFinding:
    best, *alternatives = islice(rank_distinct_field_values(candidates), MAX_ALTERNATIVE_FINDINGS + 1)
    return msgspec.structs.replace(best, alternatives=alternatives)


def rank_distinct_field_values(candidates: list[FieldCandidate]) -> Iterator[SourceFieldFinding]:
    """Return the findings for one field's candidates: one for each distinct value, the most confident first.

    A finding has the rule of its value's best candidate.
    """
    by_value: dict[str, list[FieldCandidate]] = {}
    for candidate in sorted(cut_lines_after_names(candidates), key=lambda item: -item.confidence):
        by_value.setdefault(build_candidate_value_key(candidate), []).append(candidate)
    findings = (
        merge_candidates_of_value(of_value, [longer for longer in candidates if is_longer_name(longer, of_value[0])])
        for of_value in by_value.values()
    )
    return iter(sorted(findings, key=lambda item: -item.confidence))


def build_candidate_value_key(candidate: FieldCandidate) -> str:
    """Return the key of a value, the same for equal values, without case and marks.

    A name's key lacks a domain's ending. Language tags, logo addresses and lists are compared exactly.
    """
    if isinstance(candidate.value, str) and candidate.field == "appName":
        return fold_text(strip_domain_ending(candidate.value)) or candidate.value
    if isinstance(candidate.value, str) and candidate.field not in {"primaryLanguage", "logoUrl"}:
        return fold_text(candidate.value) or candidate.value
    return repr(candidate.value)


def merge_candidates_of_value(
    candidates: list[FieldCandidate], longer_names: list[FieldCandidate]
) -> SourceFieldFinding:
    """Merge candidates of one value, given best first, into one finding.

    Further independent sources raise its confidence, except in fields that are copied. The `longer_names`, which
    begin with the value, are sources too.
    """
    best = prefer_name_over_domain(candidates)
    sources = count_independent_sources([*candidates, *longer_names])
    further_sources = 0 if best.field in NO_AGREEMENT_BONUS_FIELDS else sources - 1
    bonus = SECOND_SOURCE_BONUS + FURTHER_SOURCE_BONUS * (further_sources - 1) if further_sources else 0.0
    confidence = candidates[0].confidence
    return SourceFieldFinding(
        value=best.value,
        confidence=round(max(confidence, min(confidence + bonus, MAX_AGREED_VALUE_CONFIDENCE)), 3),
        rule=best.rule,
        url=best.url,
        evidence=best.evidence,
        parts=best.parts,
    )


def prefer_name_over_domain(candidates: list[FieldCandidate]) -> FieldCandidate:
    """Return the best of one value's candidates, given best first; a plain name instead of a domain.

    `Acme` is preferred to `acme.com` if a place with room for both has `Acme`.
    """
    best = candidates[0]
    roomy = (candidate for candidate in candidates if candidate.rule not in RULES_OF_PLACES_WITH_SHORTENED_NAMES)
    plain = (candidate for candidate in roomy if not is_domain_as_name(candidate))
    return next(plain, best) if is_domain_as_name(best) else best
