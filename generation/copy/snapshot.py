"""Snapshot of a brand, from its project's sources at one moment."""

import re
from collections.abc import Sequence

from generation.copy import texts
from generation.spec import BrandSnapshot, BrandStatement
from schemas.brand import Brand as Known
from schemas.brand import BrandField, BrandFieldName, Provenance, Said

#: Minimum confidence of an alternative value.
MIN_ALTERNATIVE_VALUE_CONFIDENCE = 0.7
#: Fields with the brand's own words.
TEXT_FIELDS: Sequence[BrandFieldName] = ("tagline", "appDescription")
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
        keywords=_quoted_brand_keywords(known),
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


def _quoted_brand_keywords(known: Known) -> list[str]:
    """Return a brand's keywords, those of several words only if the brand's texts have them, in their spelling.

    So words for search engines alone are no keywords. With evidence, one word is none either: only a finding of
    derived keywords alone has evidence. The partner's keywords are all kept.
    """
    field = known.fields.get("keywords")
    keywords = _items_of_list_brand_field(field)
    if field is None or _is_brand_field_from_partner(field):
        return keywords
    evidence = field.provenance.evidence if field.provenance else []
    own = [one.value for name in TEXT_FIELDS for one in _all_findings_of_field(known.fields.get(name))]
    said = [text for one in known.statements for text in (one.text, one.quote)]
    quotes = "\n".join([*evidence, *(text for text in own if isinstance(text, str)), *said])
    spelled = [_spell_as_in_texts(one, quotes) if texts.is_phrase(one) else one for one in keywords]
    return [one for one in spelled if one and (texts.is_phrase(one) or not evidence)]


def _spell_as_in_texts(keyword: str, quotes: str) -> str | None:
    """Return a keyword as the texts write it, with the fewest capitals; None if they lack it."""
    if texts.has_unspaced_script(keyword):
        return keyword if keyword in quotes else None
    found = re.findall(rf"(?<!\w){re.escape(keyword)}(?!\w)", quotes, re.IGNORECASE)
    return min(found, key=lambda text: sum(map(str.isupper, text)), default=None)


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


def _all_findings_of_field(field: BrandField | None) -> list[BrandField | Said]:
    return [] if field is None else [field, *field.alternatives]


def _all_provenances_of_field(field: BrandField | None) -> list[Provenance]:
    if field is None or field.provenance is None or field.value is None:
        return []
    return [field.provenance, *(one.provenance for one in field.alternatives)]
