"""Completion of declared keywords by derived ones, if only a few are declared."""

import msgspec

from schemas.brand import Field, FieldFinding
from workers.ingest.derive.distinct import distinct

#: Declared keywords that are enough: a genre or two don't distinguish brands.
ENOUGH_KEYWORDS = 5
TERMS_RULE = "text.terms"


def complete(fields: dict[Field, FieldFinding]) -> dict[Field, FieldFinding]:
    best = fields.get("keywords")
    text = best and next(
        (alternative for alternative in best.alternatives if alternative.rule == TERMS_RULE), None
    )
    if best is None or text is None or len(best.value) >= ENOUGH_KEYWORDS:
        return fields
    return {**fields, "keywords": join_keywords(best, text)}


def join_keywords(best: FieldFinding, text: FieldFinding) -> FieldFinding:
    """Join declared keywords and derived ones; both stay as alternatives with their own confidence."""
    alone = msgspec.structs.replace(best, alternatives=[])
    return FieldFinding(
        value=distinct([*best.value, *text.value]),
        confidence=round((best.confidence + text.confidence) / 2, 3),
        rule=f"{best.rule}+{TERMS_RULE}",
        url=best.url,
        alternatives=[alone, *best.alternatives],
    )
