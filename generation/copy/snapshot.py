"""Snapshot of a brand, from its project's sources at one moment."""

from generation.spec import BrandSnapshot, BrandStatement
from schemas.brand import Brand as Known
from schemas.brand import BrandField, BrandFieldName, Provenance

#: Minimum confidence of an alternative value.
MIN_ALTERNATIVE_VALUE_CONFIDENCE = 0.7
#: Name of the link to the website source, if the brand declares no website.
BRAND_SITE_LINK_NAME = "website"


def take_brand_snapshot(known: Known) -> BrandSnapshot:
    """Return a snapshot of a project's brand for generation, with the winning value of each field.

    Taglines and descriptions also have the confident alternatives. A partner's own description replaces the
    statements of the sources, too.
    """
    fields = known.fields
    return BrandSnapshot(
        name=_brand_field_text(fields.get("appName")) or "",
        taglines=_winning_and_alternative_texts(fields.get("tagline")),
        descriptions=_winning_and_alternative_texts(fields.get("appDescription")),
        keywords=_quoted_brand_keywords(fields.get("keywords")),
        audience=_brand_field_text(fields.get("audience")),
        voice=_brand_field_text(fields.get("brandVoice")),
        language=_brand_field_text(fields.get("primaryLanguage")),
        colors=_items_of_list_brand_field(fields.get("colors")),
        links=_brand_links(fields),
        trade=known.trade,
        place=known.place,
        statements=_usable_statements(known),
    )


def _usable_statements(known: Known) -> list[BrandStatement]:
    described = known.fields.get("appDescription")
    if described and described.value and _is_brand_field_from_partner(described):
        return []
    return [BrandStatement(text=one.text, intent=one.intent, quote=one.quote, url=one.url) for one in known.statements]


def _brand_field_text(field: BrandField | None) -> str | None:
    return field.value if field and isinstance(field.value, str) and field.value else None


def _winning_and_alternative_texts(field: BrandField | None) -> list[str]:
    """Return a brand field's winning text and confident alternatives, each once; empty without a winner.

    If the partner set the field, return only the partner's text.
    """
    if not (first := _brand_field_text(field)) or field is None:
        return []
    if _is_brand_field_from_partner(field):
        return [first]
    others = (one.value for one in field.alternatives if one.provenance.confidence >= MIN_ALTERNATIVE_VALUE_CONFIDENCE)
    return list(dict.fromkeys(text for text in (first, *others) if isinstance(text, str) and text))


def _quoted_brand_keywords(field: BrandField | None) -> list[str]:
    """Return a brand's keywords; with evidence, only those of several words that it contains word for word.

    Only a finding of derived keywords alone has evidence.
    """
    evidence = field.provenance.evidence if field and field.provenance else []
    quotes = "\n".join(evidence).casefold()
    return [one for one in _items_of_list_brand_field(field) if not quotes or (" " in one and one.casefold() in quotes)]


def _items_of_list_brand_field(field: BrandField | None) -> list[str]:
    return [one for one in field.value if one] if field and isinstance(field.value, list) else []


def _brand_links(fields: dict[BrandFieldName, BrandField]) -> dict[str, str]:
    """Return the brand's links by name; add its source as `website` unless they have one or the partner set them."""
    field = fields.get("links")
    declared = field.value if field and isinstance(field.value, dict) else {}
    links = {name: link for name, link in declared.items() if link}
    if BRAND_SITE_LINK_NAME not in links and not (field and _is_brand_field_from_partner(field)):
        sites = [one.url for one in _all_provenances_of_field(fields.get("appName")) if one.source == "website"]
        links |= dict.fromkeys([BRAND_SITE_LINK_NAME], sites[0]) if sites and sites[0] else {}
    return links


def _is_brand_field_from_partner(field: BrandField) -> bool:
    return field.provenance is not None and field.provenance.source == "partner"


def _all_provenances_of_field(field: BrandField | None) -> list[Provenance]:
    if field is None or field.provenance is None or field.value is None:
        return []
    return [field.provenance, *(one.provenance for one in field.alternatives)]
