"""Place of a brand's market: a town that the source declares, or writes in a postal line."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from workers.ingest.derive.quotes import cut_evidence_quote
from workers.ingest.page.text import count_words, fold_text
from workers.ingest.shapes import Passage, SourceProse

MIN_PLACE_CHARS = 2
MAX_PLACE_CHARS = 40
#: Words of a passage that may be a postal line; in a longer one its town needs a second mention.
MAX_POSTAL_LINE_WORDS = 16
COUNTRY_CODE_PATTERN = re.compile(r"[A-Z]{2}")
CAPITALIZED_WORD_REGEX = r"[A-ZÀ-ŽĄĆĘŁŃÓŚŹŻ][\w'’.-]+"
#: A postal code and its town, or a town by its language's mark. A year before a word is no postal code.
POSTAL_TOWN_PATTERN = re.compile(
    rf"\b(?!(?:19|20)\d\d\b)(?:[A-Z]{{1,2}}-)?\d{{4,5}}(?: ?[A-Z]{{2}}\b)?,? +"
    rf"(?P<coded>{CAPITALIZED_WORD_REGEX}(?:[ -]{CAPITALIZED_WORD_REGEX}){{0,2}})"
    rf"|\b\d{{2}}-\d{{3}} +(?P<polish>{CAPITALIZED_WORD_REGEX}(?: {CAPITALIZED_WORD_REGEX})?)"
    r"|(?:東京都|北海道|(?:京都|大阪)府|[一-龥]{2,3}県)(?P<japanese>[一-龥]{1,4}[市区町村])"
    r"|(?:г\. ?|город )(?P<russian>[А-Я][а-я]+(?:-[А-Яа-я]+)*)"
)
#: Roles of passages with an address.
ADDRESS_ROLES = frozenset({"contact", "legal", "hours"})


class BrandPlace(NamedTuple):
    """Town or region, with the words that show it."""

    name: str
    quote: str


def find_brand_place(prose: SourceProse) -> BrandPlace | None:
    """Return the market's place: the declared town, a served area, the town of a postal line; None without one."""
    name = fold_text(prose.name or "")
    return next((place for place in list_possible_places(prose) if is_usable_place(place.name, name)), None)


def list_possible_places(prose: SourceProse) -> Iterator[BrandPlace]:
    for kind in ("place", "area"):
        for fact in prose.facts:
            if fact.kind == kind:
                yield BrandPlace(fact.value.rsplit(",", 1)[-1].strip(), fact.value)
    texts = [passage.text for passage in prose.passages]
    for passage in prose.passages:
        match = POSTAL_TOWN_PATTERN.search(passage.text) if passage.speaker != "theme" else None
        if match and match.lastgroup:
            town = match[match.lastgroup].strip(" .,")
            if is_postal_passage(passage) or sum(town in text for text in texts) > 1:
                yield BrandPlace(town, cut_evidence_quote(passage.text, match.start()))


def is_postal_passage(passage: Passage) -> bool:
    return passage.role in ADDRESS_ROLES or count_words(passage.text) <= MAX_POSTAL_LINE_WORDS


def is_usable_place(place: str, folded_name: str) -> bool:
    """Return whether a place has a usual length and is no code, and isn't the brand's name or a part of it."""
    return (
        MIN_PLACE_CHARS <= len(place) <= MAX_PLACE_CHARS
        and not COUNTRY_CODE_PATTERN.fullmatch(place)
        and not any(map(str.isdigit, place))
        and fold_text(place) not in folded_name
    )
