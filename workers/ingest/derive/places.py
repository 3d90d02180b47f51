"""Place of a brand's market: a town that the source declares, or writes in a postal line."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from workers.ingest.derive.audience_cues import compile_pattern
from workers.ingest.derive.quotes import cut_evidence_quote
from workers.ingest.derive.tables import CustomerGrammar
from workers.ingest.page.text import fold_text
from workers.ingest.shapes import Passage, SourceProse

MIN_PLACE_CHARS = 2
MAX_PLACE_CHARS = 40
#: Passages with a postal line that are read.
MAX_POSTAL_PASSAGES = 50
#: Texts that name the title's town after a word such as `in`.
MIN_TEXTS_WITH_TOWN = 2
COUNTRY_CODE_PATTERN = re.compile(r"[A-Z]{2}")
#: Areas of no market, and the types of schema.org that stand for an area's name.
BOUNDLESS_AREA_PATTERN = re.compile(
    r"world\w*|global\w*|online|remote|international\w*|weltweit|mondial\w*|country|state|city|place|administrativearea"
    r"|deutschland|österreich|schweiz|france|belgique|suisse|españa|méxico|colombia|argentina|chile|perú|italia|brasil"
    r"|portugal|nederland|belgië|england|scotland|wales|ireland|europ[ae]|africa|asia|canada|australia|india|usa",
    re.IGNORECASE,
)
STREET_WORD_PATTERN = re.compile(
    r"\b(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|court|ct|suite|floor|way|square)\b",
    re.IGNORECASE,
)
CAPITALIZED_WORD_REGEX = r"[A-ZÀ-ŽĄĆĘŁŃÓŚŹŻ][\w'’.-]{1,40}"
#: Words after a town in a line of contacts.
CONTACT_WORD_REGEX = (
    r"(?:Tel\w*|T[ée]l\w*|Phone|Fax|Mobil\w*|Handy|Cell|Call|Mail|E-?[Mm]ail|Web\w*|M[ée]tro|Tram|Bus|U-Bahn)\b"
)
#: Words in lower case inside a town's name, as in `Frankfurt am Main`.
TOWN_LINK_REGEX = (
    r"(?:(?:al|del|della|d[aeiou]|d[ao]s|la|les?|en|sur|sous|am|im|an der|in der|ob der|bei|upon|on|aan den?|op|nad)"
    r"[ -])?"
)
TOWN_REGEX = (
    rf"{CAPITALIZED_WORD_REGEX}(?:[ -](?!{CONTACT_WORD_REGEX}){TOWN_LINK_REGEX}{CAPITALIZED_WORD_REGEX}){{0,2}}"
)
#: A postal code and its town, or a town by its language's mark. A year before a word is no postal code, and neither
#: is the end of a telephone number.
POSTAL_TOWN_PATTERN = re.compile(
    rf"(?<![\w'’.-])(?P<american>{TOWN_REGEX}), [A-Z]{{2}} \d{{5}}(?!\d)"
    rf"|(?<![\w'’.-])(?P<british>{TOWN_REGEX}),? [A-Z]{{1,2}}\d[\dA-Z]? \d[A-Z]{{2}}\b"
    rf"|(?<![\w'’.-])(?P<dominion>{TOWN_REGEX}),? (?:(?:NSW|VIC|QLD|SA|WA|TAS|ACT|NT),? \d{{4}}"
    r"|(?:ON|BC|QC|AB|MB|SK|NS|NB|NL|PE),? [A-Z]\d[A-Z] ?\d[A-Z]\d)\b"
    rf"|(?<!\d-)(?<!\) )\b(?!(?:19|20)\d\d\b)(?:[A-Z]{{1,2}}-)?\d{{4,5}}(?: ?[A-Z]{{2}}\b)?,? +(?P<coded>{TOWN_REGEX})"
    rf"|\b\d{{2}}-\d{{3}} +(?P<polish>{CAPITALIZED_WORD_REGEX}(?: {CAPITALIZED_WORD_REGEX})?)"
    r"|(?:東京都|北海道|(?:京都|大阪)府|[一-龥]{2,3}県)(?P<japanese>[一-龥]{1,4}[市区町村])"
    r"|(?<!\w)(?:г\. ?|город )(?P<russian>[А-Я][а-я]+(?:-[А-Яа-я]+)*)"
)
#: A street's number or a comma, which precedes the postal code of an address in running text.
ADDRESS_BEFORE_CODE_PATTERN = re.compile(r"(?:\d\w?|,)\s*$")
MAX_CHARS_BEFORE_POSTAL_CODE = 10
#: Roles of passages with an address.
ADDRESS_ROLES = frozenset({"contact", "legal", "hours"})


class BrandPlace(NamedTuple):
    """Town with the words that show it; `is_area` if it may be a region."""

    name: str
    quote: str
    is_area: bool = False


def find_brand_place(prose: SourceProse, grammar: CustomerGrammar) -> BrandPlace | None:
    """Return the market's place: the declared town, a served area, the town of a postal line or of the title.

    Return None without one.
    """
    name = fold_text(prose.name or "")
    declared = next((place for place in list_possible_places(prose) if is_usable_place(place.name, name)), None)
    return declared or find_town_of_title(prose, grammar)


def find_town_of_title(prose: SourceProse, grammar: CustomerGrammar) -> BrandPlace | None:
    """Return the town at the end of a part of the title that `MIN_TEXTS_WITH_TOWN` texts name after words such as `in`.

    A word that a text has in lower case is no town.
    """
    title = prose.about[0] if prose.about else ""
    pattern = re.compile(rf"(?<!\w)(?i:{grammar.town_cue})(?P<town>{TOWN_REGEX})")
    own = (one.text for one in prose.passages if one.speaker == "brand" and not one.story and one.kind != "label")
    texts = [*dict.fromkeys((*prose.about, *own))]
    counts: Counter[str] = Counter()
    quotes: dict[str, str] = {}
    for text in texts:
        towns: dict[str, int] = {}
        for match in pattern.finditer(text):
            towns.setdefault(match["town"].strip(" .,’'-"), match.start())
        counts.update(towns.keys())
        for town, start in towns.items():
            quotes.setdefault(town, cut_evidence_quote(text, start))
    joined = "\n".join(texts)
    for town, count in counts.most_common():
        if count < MIN_TEXTS_WITH_TOWN:
            break
        is_in_title = town in title and re.search(rf"(?<!\w){re.escape(town)}\s*(?:$|[|–—·:,(/-])", title)
        is_name = fold_text(town) == fold_text(prose.name or "") or BOUNDLESS_AREA_PATTERN.fullmatch(town)
        if is_in_title and is_usable_place(town, "") and town.lower() not in joined and not is_name:
            return BrandPlace(town, quotes[town])
    return None


def find_brand_reach(prose: SourceProse, grammar: CustomerGrammar) -> BrandPlace | None:
    """Return the words of a market without a town, such as `nationwide`, that the brand's own texts have."""
    pattern = compile_pattern(grammar.reach_words)
    own = (one.text for one in prose.passages if one.speaker == "brand" and not one.story and one.kind != "label")
    for text in (*prose.about, *own):
        if match := pattern.search(text):
            return BrandPlace(match[0][:1].lower() + match[0][1:], cut_evidence_quote(text, match.start()))
    return None


def list_possible_places(prose: SourceProse) -> Iterator[BrandPlace]:
    for kind in ("place", "area"):
        for fact in prose.facts:
            town = fact.value.partition(",")[0].strip()
            if fact.kind == kind and not BOUNDLESS_AREA_PATTERN.fullmatch(town):
                yield BrandPlace(town.title() if town.isupper() else town, fact.value, kind == "area")
    own_passages = (one for one in prose.passages if one.speaker in {"brand", "law"} and not one.story)
    matches = ((one, match) for one in own_passages if (match := POSTAL_TOWN_PATTERN.search(one.text)))
    for passage, match in islice(matches, MAX_POSTAL_PASSAGES):
        town = match[match.lastgroup or 0].strip(" .,")
        if is_postal_town(passage, match) and not STREET_WORD_PATTERN.search(town):
            yield BrandPlace(town.title() if town.isupper() else town, cut_evidence_quote(passage.text, match.start()))


def is_postal_town(passage: Passage, match: re.Match[str]) -> bool:
    """Return whether the match is a town: `5000 Happy Customers` is none, without an address around the number."""
    if match.lastgroup != "coded" or passage.role in ADDRESS_ROLES:
        return True
    before = passage.text[max(match.start() - MAX_CHARS_BEFORE_POSTAL_CODE, 0) : match.start()]
    return ADDRESS_BEFORE_CODE_PATTERN.search(before) is not None


def is_usable_place(place: str, folded_name: str) -> bool:
    """Return whether a place has a usual length and is no code, and isn't the brand's name or a part of it."""
    return (
        MIN_PLACE_CHARS <= len(place) <= MAX_PLACE_CHARS
        and not COUNTRY_CODE_PATTERN.fullmatch(place)
        and not any(map(str.isdigit, place))
        and fold_text(place) not in folded_name
    )
