"""Completion of declared keywords by derived ones, if only a few are declared."""

import msgspec

from schemas.brand import Field, Finding
from workers.ingest.derive.distinct import distinct

#: Declared keywords that are enough: a genre or two don't distinguish brands.
ENOUGH = 5
TEXT = "text.terms"


def complete(fields: dict[Field, Finding]) -> dict[Field, Finding]:
    best = fields.get("keywords")
    text = best and next((one for one in best.alternatives if one.rule == TEXT), None)
    if best is None or text is None or len(best.value) >= ENOUGH:
        return fields
    return {**fields, "keywords": joined(best, text)}


def joined(best: Finding, text: Finding) -> Finding:
    """Join declared keywords and derived ones; both stay as alternatives with their own confidence."""
    alone = msgspec.structs.replace(best, alternatives=[])
    return Finding(
        value=distinct([*best.value, *text.value]),
        confidence=round((best.confidence + text.confidence) / 2, 3),
        rule=f"{best.rule}+{TEXT}",
        url=best.url,
        alternatives=[alone, *best.alternatives],
    )
