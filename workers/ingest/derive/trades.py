"""Trade of a brand: found by declared types, by genres of stores, and by its words in titles, hero and prose."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from workers.ingest.derive.quotes import cut_evidence_quote
from workers.ingest.derive.stems import StemMatch
from workers.ingest.derive.tables import Trade, index_trade_stems, load_trades
from workers.ingest.shapes import Passage, PassageRole, SourceProse

#: Points of a declared type or a store's genre.
DECLARED_TRADE_POINTS = 6.0
#: Points of a word in the source's title, and in the hero's headline.
TITLE_TRADE_POINTS = 3.0
#: Points of a word in a description or tagline, and in the hero.
LEADING_TEXT_TRADE_POINTS = 2.0
#: Share of a text's points for trades that it names after another one.
LATER_TRADE_SHARE = 0.5
#: Points of each passage that mentions it.
TRADE_MENTION_POINTS = 0.5
MAX_TRADE_MENTIONS_POINTS = 3.0
#: Points from which a trade is the brand's: two places name it.
MIN_TRADE_POINTS = 2.5
#: Times the points of every other trade that a trade needs which no leading text names.
MIN_LEAD_OF_UNDECLARED_TRADE = 2.0
#: Passages of the hero that are read, with the headline.
MAX_HERO_PASSAGES = 3
#: Characters of prose that are read for a trade.
MAX_TRADE_PROSE_CHARS = 15_000
#: Roles of passages about the brand's offer.
OFFERING_ROLES: frozenset[PassageRole] = frozenset({"hero", "heading", "prose", "feature", "faq", "offer"})
#: Characters before a stem that are searched for a purpose.
MAX_CHARS_BEFORE_PURPOSE = 60
SENTENCE_MARKS = ".!?。"
LIST_MARKS = ",、，"
#: Marks of a list in a sentence, from which an item is a late one.
MIN_MARKS_BEFORE_LATE_ITEM = 2
NON_LETTERS_PATTERN = re.compile(r"[\W\d_]+")
#: Words before a purpose or customer, by language, and the words up to it. German `für` isn't one: `Praxis für Yoga`.
PURPOSE_CUES_PATTERNS = {
    language: re.compile(rf"\b(?:{words})\s(?:[\w'’-]+\s){{0,3}}(?:\w+['’])?$", re.IGNORECASE)
    for language, words in {
        "en": "for|to|helps?|helping|empower(?:s|ing)|serving",
        "fr": "pour(?: les?| la)?|destinée?s? aux?",
        "es": "para",
        "it": "per|agli|ai",
        "pt": "para",
        "nl": "voor",
        "pl": "dla",
        "cs": "pro",
        "ru": "для",
    }.items()
}


class FoundTrade(NamedTuple):
    """Trade of a brand with its name, and the text that shows it."""

    name: str
    trade: Trade
    quote: str


@dataclass
class TradeEvidence:
    """Points of a trade: the highest of one place, those of declared facts and leading texts, and those of mentions."""

    quote: str
    top: float = 0.0
    leading: float = 0.0
    mentions: float = 0.0

    @property
    def total(self) -> float:
        return self.leading + min(self.mentions, MAX_TRADE_MENTIONS_POINTS)


def find_brand_trade(prose: SourceProse, language: str, excluded: Collection[str] = ()) -> FoundTrade | None:
    """Return the trade with the most points, the first named among equals; None below `MIN_TRADE_POINTS`.

    A trade of `excluded` names isn't the brand's.

    A tool, a work or a service may be about another trade: software for dentists, an e-book on baking. So another
    trade is the brand's only if no such trade is named in as good a place. A trade that only the prose names is the
    brand's if it is named far more often than any other one.
    """
    evidence = {name: found for name, found in weigh_trades(prose, language).items() if name not in excluded}
    trades = load_trades()
    likely = {name: found for name, found in evidence.items() if found.total >= MIN_TRADE_POINTS}
    subject_points = max((found.top for name, found in likely.items() if trades[name].about_trades), default=-1.0)
    own = {name: found for name, found in likely.items() if trades[name].about_trades or found.top > subject_points}
    best = max(own, key=lambda name: own[name].total, default=None)
    if best is None or not (own[best].leading or is_clear_lead(best, evidence)):
        return None
    return FoundTrade(best, trades[best], own[best].quote)


def is_clear_lead(best: str, evidence: dict[str, TradeEvidence]) -> bool:
    """Return whether a trade has far more points than every other one."""
    others = max((found.total for name, found in evidence.items() if name != best), default=0.0)
    return evidence[best].total >= MIN_LEAD_OF_UNDECLARED_TRADE * others


def weigh_trades(prose: SourceProse, language: str) -> dict[str, TradeEvidence]:
    """Return the evidence of each trade that the source declares or names. The titles of an article name none."""
    evidence: dict[str, TradeEvidence] = {}
    for name, quote in find_declared_trades(prose):
        evidence[name] = TradeEvidence(quote, DECLARED_TRADE_POINTS, DECLARED_TRADE_POINTS)
    leading = () if is_mostly_stories(prose.passages) else find_trades_in_leading_texts(prose, language)
    for name, points, quote in leading:
        found = evidence.setdefault(name, TradeEvidence(quote))
        found.leading += points
        found.top = max(found.top, points)
    for name, (mentions, quote) in count_trade_mentions(prose.passages, language).items():
        evidence.setdefault(name, TradeEvidence(quote)).mentions = mentions * TRADE_MENTION_POINTS
    return evidence


def is_mostly_stories(passages: Iterable[Passage]) -> bool:
    """Return whether articles have more characters than the brand's own prose, so that titles are theirs."""
    chars = {True: 0, False: 0}
    for passage in passages:
        if passage.kind != "label":
            chars[passage.story] += len(passage.text)
    return chars[True] > chars[False]


def find_trades_in_leading_texts(prose: SourceProse, language: str) -> Iterator[tuple[str, float, str]]:
    """Yield each trade that the title, a description or the hero's first passages name, with points and quote.

    A late item of a list in a description is a detail, such as the glass of conservatories.
    """
    texts = [(text, LEADING_TEXT_TRADE_POINTS) for text in prose.about]
    hero = [(one.text, LEADING_TEXT_TRADE_POINTS) for one in prose.passages if one.role == "hero"][:MAX_HERO_PASSAGES]
    for leading in (texts, hero):
        leading[:1] = [(text, TITLE_TRADE_POINTS) for text, _ in leading[:1]]
    for text, points in (*texts, *hero):
        for name, (share, start) in find_trades_in_text(text, language).items():
            is_title = points >= TITLE_TRADE_POINTS
            if is_title or not is_late_list_item(text, start):
                yield name, points * share, cut_evidence_quote(text, start)


def is_late_list_item(text: str, start: int) -> bool:
    """Return whether a list stands before a place, in one sentence: descriptions name the trade before details."""
    sentence_start = 1 + max(text.rfind(mark, 0, start) for mark in SENTENCE_MARKS)
    return sum(text.count(mark, sentence_start, start) for mark in LIST_MARKS) >= MIN_MARKS_BEFORE_LATE_ITEM


def find_trades_in_text(text: str, language: str) -> dict[str, tuple[float, int]]:
    """Return the trades that a text names, with the share of the text's points and the place.

    The first one has all points, as has the first that may be about another trade. A purpose or customer has none.
    """
    trades = load_trades()
    found: dict[str, tuple[float, int]] = {}
    for match in index_trade_stems(language).find_stems(text):
        if match.owner not in found and not is_purpose(text, match, language):
            is_full = trades[match.owner].about_trades and not any(trades[name].about_trades for name in found)
            found[match.owner] = (1.0 if is_full or not found else LATER_TRADE_SHARE, match.start)
    return found


def is_purpose(text: str, match: StemMatch, language: str) -> bool:
    """Return whether a stem is the purpose or customer of another thing, as in `robots for farms`."""
    pattern = PURPOSE_CUES_PATTERNS.get(language)
    before = max(match.start - MAX_CHARS_BEFORE_PURPOSE, 0)
    return pattern is not None and pattern.search(text, before, match.start) is not None


def is_name_of_trade(text: str, name: str, language: str) -> bool:
    """Return whether a text has a stem of the trade."""
    return any(match.owner == name for match in index_trade_stems(language).find_stems(text))


def find_declared_trades(prose: SourceProse) -> Iterator[tuple[str, str]]:
    """Yield each trade of a declared type or genre, with that as quote."""
    types = {fact.value: fact.value for fact in prose.facts if fact.kind == "business_type"}
    genres = {fold_genre(fact.value): fact.value for fact in prose.facts if fact.kind == "genre"}
    if not (types or genres):
        return
    for name, trade in load_trades().items():
        declared = [types[kind] for kind in trade.schema if kind in types]
        declared += [genres[genre] for genre in map(fold_genre, trade.genres) if genre in genres]
        if declared:
            yield name, declared[0]


def fold_genre(genre: str) -> str:
    """Return a store's genre without case and signs: `HEALTH_AND_FITNESS` is `Health & Fitness`."""
    return NON_LETTERS_PATTERN.sub("", genre.lower().replace("&", "and"))


def count_trade_mentions(passages: list[Passage], language: str) -> dict[str, tuple[int, str]]:
    """Return for each trade the number of the brand's own passages that mention it, with the first one's quote."""
    index, left = index_trade_stems(language), MAX_TRADE_PROSE_CHARS
    found: dict[str, tuple[int, str]] = {}
    for passage in passages:
        if left <= 0 or passage.speaker != "brand" or passage.story or passage.role not in OFFERING_ROLES:
            continue
        left -= len(passage.text)
        for match in {match.owner: match for match in index.find_stems(passage.text)}.values():
            mentions, quote = found.get(match.owner, (0, ""))
            found[match.owner] = (mentions + 1, quote or cut_evidence_quote(passage.text, match.start))
    return found
