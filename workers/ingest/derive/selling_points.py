"""Selling points of a brand: strengths in its own texts, such as experience, speed or fair prices.

The voice and the ICP read them. A table has the words of each point, and the phrases that use them otherwise.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from workers.ingest.derive.own_prose import find_pages_of_headlines
from workers.ingest.derive.quotes import cut_evidence_quote
from workers.ingest.derive.stems import StemIndex, StemMatch, lower_keeping_length
from workers.ingest.derive.tables import load_selling_point_table
from workers.ingest.derive.trades import find_brand_trade, is_mostly_stories
from workers.ingest.page.text import fold_text
from workers.ingest.shapes import Passage, PassageRole, SourceProse

MAX_SELLING_POINTS = 6
#: Weight of a title, a description and a text of the hero.
LEADING_TEXT_WEIGHT = 3
HEADING_WEIGHT = 2
PROSE_WEIGHT = 1
#: Weight from which a point is the brand's: one heading, or two other texts.
MIN_SELLING_POINT_WEIGHT = 2
#: Characters that are read: more of them change nothing.
MAX_SELLING_POINT_CHARS = 20_000
#: Characters before and behind a stem that may negate it.
MAX_NEGATION_CHARS = 40
#: Roles of passages that don't praise the offer.
ROLES_WITHOUT_SELLING_POINTS: frozenset[PassageRole] = frozenset(
    {"navigation", "form", "contact", "hours", "notice", "legal", "testimonial", "placeholder"}
)
#: Owner of the phrases that use a point's words in another sense.
FOREIGN_USE = ""
#: Points of software, with words that other trades use otherwise: integration in therapy, offline for a shop.
SOFTWARE_POINTS = frozenset({"integrations", "offline", "no_code", "open_source", "scalable", "privacy"})
#: Points with nearly the same meaning: the strongest of a group speaks for the others.
SIMILAR_POINTS = (
    frozenset({"quality", "certified"}),
    frozenset({"affordable", "fair_price", "transparent_price"}),
    frozenset({"free_quote", "free"}),
    frozenset({"natural", "organic"}),
    frozenset({"authentic", "tradition"}),
    frozenset({"fast", "performance"}),
    frozenset({"empathy", "hospitality"}),
    frozenset({"reliable", "licensed"}),
    frozenset({"modern_technology", "ai"}),
)
#: End of a sentence; a question states nothing.
SENTENCE_END_PATTERN = re.compile(r"[.!?:;…。！？؟](?=\s|$)|[。！？؟\n•|]")
#: Characters behind a stem that are searched for the end of its sentence.
MAX_CHARS_TO_SENTENCE_END = 300
QUESTION_MARKS = frozenset("?？؟")


class SellingPoint(NamedTuple):
    """Point that a brand stresses: its name in the language, the tone that fits it, and its evidence.

    `texts` counts the distinct own texts that say it, and `weight` adds up their places. `tone` may be empty.
    """

    key: str
    name: str
    tone: str
    texts: int
    weight: int
    quote: str


class WeightedText(NamedTuple):
    """Own text of a brand, with the weight of its place."""

    text: str
    weight: int


@dataclass
class SellingPointEvidence:
    """Texts that say a point: their weights by folded text, and a quote of the one with the highest weight."""

    quote: str = ""
    top: int = 0
    weights: dict[str, int] = field(default_factory=dict)

    def add_text(self, text: WeightedText, start: int) -> None:
        """Add a text unless it is within another one; then the higher weight of both counts."""
        folded, weight = fold_text(text.text), text.weight
        if text.weight > self.top:
            self.quote, self.top = cut_evidence_quote(text.text, start), text.weight
        for other in [*self.weights]:
            if folded in other or other in folded:
                weight = max(weight, self.weights.pop(other))
                folded = max(folded, other, key=len)
        self.weights[folded] = weight


def find_selling_points(prose: SourceProse, language: str) -> list[SellingPoint]:
    """Return at most `MAX_SELLING_POINTS` points of the brand's own texts, the strongest first.

    Points of software are only for trades that may offer it, and of similar points there is one.
    """
    table = load_selling_point_table()
    if language not in table.negation:
        return []
    found: dict[str, SellingPointEvidence] = {}
    for text in cut_to_read_chars(list_own_texts(prose)):
        for key, start in find_points_in_text(text.text, language, prose.name or "").items():
            found.setdefault(key, SellingPointEvidence()).add_text(text, start)
    points = [
        SellingPoint(
            key=key,
            name=table.points[key].name[language],
            tone=table.points[key].tone[language],
            texts=len(evidence.weights),
            weight=sum(evidence.weights.values()),
            quote=evidence.quote,
        )
        for key, evidence in found.items()
    ]
    points = [point for point in points if point.weight >= MIN_SELLING_POINT_WEIGHT]
    points.sort(key=lambda point: (-point.weight, -point.texts))
    if any(point.key in SOFTWARE_POINTS for point in points) and not may_offer_software(prose, language):
        points = [point for point in points if point.key not in SOFTWARE_POINTS]
    return [*drop_similar_points(points)][:MAX_SELLING_POINTS]


def may_offer_software(prose: SourceProse, language: str) -> bool:
    """Return whether a brand's trade may be about other trades, as that of software is. No known trade may be any."""
    found = find_brand_trade(prose, language)
    return found is None or found.trade.about_trades


def drop_similar_points(points: Iterable[SellingPoint]) -> Iterator[SellingPoint]:
    """Yield the points without those that are similar to an earlier one."""
    said: set[str] = set()
    for point in points:
        if point.key not in said:
            yield point
        said.update(*(group for group in SIMILAR_POINTS if point.key in group))


def list_own_texts(prose: SourceProse) -> Iterator[WeightedText]:
    """Yield the brand's titles and descriptions, then its passages. The titles of an article are about its subject."""
    if not is_mostly_stories(prose.passages):
        yield from (WeightedText(text, LEADING_TEXT_WEIGHT) for text in prose.about)
    headline_pages = find_pages_of_headlines(prose.passages)
    for passage in prose.passages:
        is_own = passage.speaker == "brand" and not passage.story and passage.kind != "label"
        if is_own and passage.role not in ROLES_WITHOUT_SELLING_POINTS and passage.url not in headline_pages:
            yield WeightedText(passage.text, weigh_passage(passage))


def weigh_passage(passage: Passage) -> int:
    """Return the weight of a passage's place. Headings of documentation name its topics."""
    if passage.role == "hero":
        return LEADING_TEXT_WEIGHT
    return HEADING_WEIGHT if passage.kind == "heading" and not passage.documentation else PROSE_WEIGHT


def cut_to_read_chars(texts: Iterable[WeightedText]) -> Iterator[WeightedText]:
    remaining = MAX_SELLING_POINT_CHARS
    for text in texts:
        if remaining <= 0:
            return
        yield text._replace(text=text.text[:remaining])
        remaining -= len(text.text)


def find_points_in_text(text: str, language: str, brand_name: str) -> dict[str, int]:
    """Return the points that a text states, each with its first place.

    A word of the brand's name, of a phrase with another sense, of a question or after a negation states none.
    """
    matches = [*index_selling_point_stems(language).find_stems(text)]
    if not matches:
        return {}
    foreign = [(match.start, match.end) for match in matches if match.owner == FOREIGN_USE]
    is_free = bytearray(b"\1" * len(text))
    for start, end in (*foreign, *list_places_of_name(text, brand_name)):
        is_free[start:end] = bytes(end - start)
    found: dict[str, int] = {}
    for match in matches:
        is_own_use = match.owner not in found and any(is_free[match.start : match.end])
        if is_own_use and not (is_question(text, match) or is_negated(text, match, language)):
            found[match.owner] = match.start
    return found


def list_places_of_name(text: str, brand_name: str) -> list[tuple[int, int]]:
    lower_text, lower_name = lower_keeping_length(text), lower_keeping_length(brand_name)
    return [found.span() for found in re.finditer(re.escape(lower_name), lower_text)] if lower_name else []


def is_question(text: str, match: StemMatch) -> bool:
    """Return whether the sentence of a stem ends with a question mark."""
    end = SENTENCE_END_PATTERN.search(text, match.end, match.end + MAX_CHARS_TO_SENTENCE_END)
    return end is not None and end[0] in QUESTION_MARKS


def is_negated(text: str, match: StemMatch, language: str) -> bool:
    """Return whether words before or behind a stem negate it, as in `no experience needed`."""
    before, after = compile_negation_patterns(language)
    return (
        before.search(text, max(match.start - MAX_NEGATION_CHARS, 0), match.start) is not None
        or after.match(text, match.end, match.end + MAX_NEGATION_CHARS) is not None
    )


@cache
def compile_negation_patterns(language: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of a language before a stem, up to it, and behind a stem, from its word's end."""
    negation = load_selling_point_table().negation[language]
    return (
        re.compile(rf"(?:{negation.before})$", re.IGNORECASE),
        re.compile(rf"\w{{0,20}}(?:{negation.after})", re.IGNORECASE),
    )


@cache
def index_selling_point_stems(language: str) -> StemIndex:
    """Index the stems of all points of a language. `FOREIGN_USE` owns the phrases with another sense."""
    table = load_selling_point_table()
    stems = {key: point.stems[language] for key, point in table.points.items()}
    return StemIndex({**stems, FOREIGN_USE: table.foreign[language]})
