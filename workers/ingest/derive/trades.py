"""Trade of a brand: found by declared types, by genres of stores, and by its words in titles, hero and prose."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from workers.ingest.derive.quotes import cut_evidence_quote
from workers.ingest.derive.tables import Trade, index_trade_stems, load_trades
from workers.ingest.shapes import Passage, PassageRole, SourceProse

#: Points of a declared type or a store's genre.
DECLARED_TRADE_POINTS = 6.0
#: Points of a word in the source's title, and in the hero's headline.
TITLE_TRADE_POINTS = 3.0
#: Points of a word in a description or tagline, and in the hero.
LEADING_TEXT_TRADE_POINTS = 2.0
#: Points of each passage that mentions it.
TRADE_MENTION_POINTS = 0.5
MAX_TRADE_MENTIONS_POINTS = 3.0
#: Points from which a trade is the brand's: two places name it.
MIN_TRADE_POINTS = 2.5
#: Passages of the hero that are read, with the headline.
MAX_HERO_PASSAGES = 3
#: Characters of prose that are read for a trade.
MAX_TRADE_PROSE_CHARS = 15_000
#: Roles of passages about the brand's offer.
OFFERING_ROLES: frozenset[PassageRole] = frozenset({"hero", "heading", "prose", "feature", "faq", "offer"})
NON_LETTERS_PATTERN = re.compile(r"[\W\d_]+")


class FoundTrade(NamedTuple):
    """Trade of a brand with its name, and the text that shows it."""

    name: str
    trade: Trade
    quote: str


def find_brand_trade(prose: SourceProse, language: str) -> FoundTrade | None:
    """Return the trade with the most points, the first of the table among equals; None below `MIN_TRADE_POINTS`.

    Software for a local trade is not of that trade: a local trade is the brand's only if no software is named in as
    good a place.
    """
    points: defaultdict[str, float] = defaultdict(float)
    top_points: defaultdict[str, float] = defaultdict(float)
    quotes: dict[str, str] = {}
    for name, quote in find_declared_trades(prose):
        points[name] = top_points[name] = DECLARED_TRADE_POINTS
        quotes[name] = quote
    for name, text_points, quote in find_trades_in_leading_texts(prose, language):
        points[name] += text_points
        top_points[name] = max(top_points[name], text_points)
        quotes.setdefault(name, quote)
    for name, (mentions, quote) in count_trade_mentions(prose.passages, language).items():
        points[name] += min(mentions * TRADE_MENTION_POINTS, MAX_TRADE_MENTIONS_POINTS)
        quotes.setdefault(name, quote)
    trades = load_trades()
    likely = [name for name in trades if points[name] >= MIN_TRADE_POINTS]
    software_points = max((top_points[name] for name in likely if trades[name].software), default=0.0)
    own = [name for name in likely if trades[name].market != "local" or top_points[name] > software_points] or likely
    best = max(own, key=lambda name: points[name], default=None)
    return FoundTrade(best, trades[best], quotes[best]) if best else None


def find_trades_in_leading_texts(prose: SourceProse, language: str) -> Iterator[tuple[str, float, str]]:
    """Yield each trade that the title, a description or the hero's first passages name, with points and quote."""
    index = index_trade_stems(language)
    texts = [(text, LEADING_TEXT_TRADE_POINTS) for text in prose.about]
    hero = [(one.text, LEADING_TEXT_TRADE_POINTS) for one in prose.passages if one.role == "hero"][:MAX_HERO_PASSAGES]
    for leading in (texts, hero):
        leading[:1] = [(text, TITLE_TRADE_POINTS) for text, _ in leading[:1]]
    for text, points in (*texts, *hero):
        starts = {match.owner: match.start for match in index.find_stems(text)}
        for name, start in starts.items():
            yield name, points, cut_evidence_quote(text, start)


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
