"""Specific needs of an ICP: the services, products and features that the brand heads its cards and lists with.

A page tells its offer in a section: a heading such as `Our services`, then a card for each service. Cards of
other sections, such as steps, values, projects and people, are none.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from schemas.brand import BrandPart
from workers.ingest.derive.audience_cues import compile_pattern
from workers.ingest.derive.clauses import CLAUSE_WORD_PATTERN
from workers.ingest.derive.frequencies import UNLISTED_WORD_ZIPF, get_word_zipf, list_function_words
from workers.ingest.derive.keyword_words import KeywordWords, is_generic_word, load_given_names, load_keyword_words
from workers.ingest.derive.lexicon import load_lexicon
from workers.ingest.derive.quotes import cut_evidence_quote
from workers.ingest.derive.selling_points import find_points_in_text
from workers.ingest.derive.stems import UNSPACED_SCRIPT_PATTERN, lower_keeping_length
from workers.ingest.derive.tables import (
    CustomerGrammar,
    compile_section_pattern,
    load_customer_grammar,
    load_selling_point_table,
)
from workers.ingest.derive.trades import FoundTrade, is_name_of_trade
from workers.ingest.page.text import fold_text
from workers.ingest.shapes import Passage, PassageRole, SourceProse

MAX_SPECIFICS = 3
#: Cards of a section that are specifics at least: a single one heads something else.
MIN_SPECIFICS_OF_SECTION = 2
MAX_SPECIFIC_WORDS = 5
MAX_SPECIFIC_CHARS = 40
MIN_SPECIFIC_CHARS = 3
MAX_UNSPACED_SPECIFIC_CHARS = 14
MIN_UNSPACED_SPECIFIC_CHARS = 2
#: Words of a section's heading that are searched for its subject at most.
MAX_SECTION_HEADING_WORDS = 9
#: Roles of headings over cards.
CARD_ROLES: frozenset[PassageRole] = frozenset({"feature", "offer", "navigation"})
#: Roles of headings over sections.
SECTION_HEADING_ROLES: frozenset[PassageRole] = frozenset({"heading", "hero", "prose"})
#: Cards with a word of a leading text or of the trade that a section needs if its heading names no offer.
MIN_RELATED_CARDS = 2
MIN_RELATED_CARDS_SHARE = 1 / 3
MIN_SPECIFICS_SHARE = 1 / 2
#: Words, and characters without blanks, up to which a text with a selling point is nothing else.
MAX_PRAISE_WORDS = 3
MAX_UNSPACED_PRAISE_CHARS = 4
#: Characters of a word by which related texts are recognized, as `repair` and `repairs`.
RELATED_STEM_CHARS = 6
#: Words of a text at least, and share of those with a capital at most, for its capitals to mark names.
MIN_WORDS_OF_TEXT_WITH_NAMES = 5
MAX_CAPITALS_SHARE_OF_TEXT_WITH_NAMES = 0.6
MIN_TEXTS_WITH_NAME = 2
MIN_RELATED_STEM_CHARS = 4
#: Signs around a card's heading: numbers, emoji, ticks.
OUTER_SIGNS_PATTERN = re.compile(r"^(?:\d{1,2}(?:[.)]\s*|\s+)|[^\w(]+)+|[^\w)]+$")
#: Signs inside that no plain noun phrase has. A digit may stand next to a letter, as in `3D`.
FOREIGN_SIGN_PATTERN = re.compile(
    r"[^\w\s&+/.'’()\u30fb\u00b7-]|[.](?=\s)|\s[-/·+]\s|_|(?<![^\W\d_])\d+(?![^\W\d_])|[。，、；：！？]|\w@"
)
MIXED_CASE_PATTERN = re.compile(r"\w+[A-ZÀ-ÞА-Я]|[A-Z]\w*\d|\d[A-Z]")
#: A word with a capital inside a sentence.
INNER_CAPITAL_PATTERN = re.compile(r"(?<=[^\W\d_] )[^\W\d_a-z][\w’'-]*")


class PageSection(NamedTuple):
    """Section of a page: whether its heading names an offer or another subject, None if neither, and its cards."""

    is_offer: bool | None
    cards: list[Passage]

    def list_headings(self) -> list[Passage]:
        """Return the cards' headings, or all their texts if they have none."""
        return [card for card in self.cards if card.kind == "heading"] or self.cards


class OfferCard(NamedTuple):
    """Card of an offer, with its heading as it stands inside a sentence."""

    value: str
    passage: Passage


class PhraseRules:
    """Rules of one language for a card's heading that is a noun phrase."""

    def __init__(self, language: str, prose: SourceProse) -> None:
        self.language = language
        self.name = fold_text(prose.name or "")
        hero = [passage.text for passage in prose.passages if passage.role == "hero"]
        self.leading = lower_keeping_length("\n".join([*prose.about, *hero]))
        texts = [*prose.about, *(passage.text for passage in prose.passages if passage.kind == "text")]
        self.names = find_names(texts, language)
        words: KeywordWords = load_keyword_words(language)
        grammar = load_lexicon(language).grammar
        self.pronouns = frozenset([*words.stopwords.split(), *load_lexicon(language).we])
        closed = [*grammar.prepositions, *grammar.determiners] if grammar else words.prepositions.split()
        self.function_words = list_function_words(language).union(self.pronouns, closed)
        self.imperatives = re.compile(rf"(?:{words.imperatives})")
        self.verbs = re.compile(rf"(?:{words.verbs})")
        self.adjectives = re.compile(rf"(?:{grammar.adjectives if grammar else words.adjectives})")
        self.oblique = re.compile(words.oblique or "(?!)")
        self.unspecific = compile_pattern((load_customer_grammar(language) or CustomerGrammar()).unspecific)
        self.has_selling_points = language in load_selling_point_table().negation
        self.has_capitals = grammar is not None and grammar.capitals

    def is_noun_phrase(self, text: str) -> bool:
        """Return whether a text may be a noun phrase of its own that names a thing."""
        if FOREIGN_SIGN_PATTERN.search(text) or self.unspecific.search(text):
            return False
        if UNSPACED_SCRIPT_PATTERN.search(text):
            is_short = MIN_UNSPACED_SPECIFIC_CHARS <= len(text) <= MAX_UNSPACED_SPECIFIC_CHARS
            return is_short and not is_generic_word(text, self.language)
        keys = [match[0].lower() for match in CLAUSE_WORD_PATTERN.finditer(text)]
        is_short = len(text.split()) <= MAX_SPECIFIC_WORDS and MIN_SPECIFIC_CHARS <= len(text) <= MAX_SPECIFIC_CHARS
        return bool(keys) and is_short and self._is_named_thing(keys)

    def _is_named_thing(self, keys: Sequence[str]) -> bool:
        first, last = keys[0], keys[-1]
        is_cut = first in self.function_words or last in self.function_words
        is_verbal = self.imperatives.fullmatch(first) or any(self.verbs.fullmatch(key) for key in keys)
        is_oblique = self.oblique.fullmatch(first)
        is_quality = all(self.adjectives.fullmatch(key) for key in keys if key not in self.function_words)
        if is_cut or is_verbal or is_oblique or is_quality or first in load_given_names():
            return False
        generic = sum(is_generic_word(key, self.language) for key in keys)
        return 2 * generic < len(keys) and self.pronouns.isdisjoint(keys)

    def is_section_with_offer(self, section: PageSection, parts: Sequence[OfferCard], trade: FoundTrade | None) -> bool:
        """Return whether a section's heading names an offer, else whether its cards tell one.

        At least half of these are specifics, and some are related to the brand's trade or leading texts.
        """
        if section.is_offer:
            return True
        headings = section.list_headings()
        texts = [text for card in headings if self.is_noun_phrase(text := strip_outer_signs(card.text))]
        related = sum(self.is_related(text, trade) for text in texts)
        is_mostly_offer = len(parts) >= MIN_SPECIFICS_SHARE * len(headings)
        return is_mostly_offer and related >= max(MIN_RELATED_CARDS, MIN_RELATED_CARDS_SHARE * len(texts))

    def is_related(self, text: str, trade: FoundTrade | None) -> bool:
        """Return whether a text has a word of the trade or of the brand's leading texts."""
        if trade and is_name_of_trade(text, trade.name, self.language):
            return True
        lower = lower_keeping_length(text)
        if UNSPACED_SCRIPT_PATTERN.search(text):
            return any(lower[start : start + 2] in self.leading for start in range(len(lower) - 1))
        words = [match[0] for match in CLAUSE_WORD_PATTERN.finditer(lower)]
        stems = [cut_to_stem(word) for word in words if not is_generic_word(word, self.language)]
        return any(len(stem) >= MIN_RELATED_STEM_CHARS and stem in self.leading for stem in stems)

    def is_praise(self, text: str, *, is_offer: bool) -> bool:
        """Return whether a short text has words of a selling point. Among an offer only a single word counts as one."""
        if UNSPACED_SCRIPT_PATTERN.search(text):
            is_short = len(text) <= MAX_UNSPACED_PRAISE_CHARS
        else:
            is_short = len(text.split()) <= (1 if is_offer else MAX_PRAISE_WORDS)
        return is_short and self.has_selling_points and bool(find_points_in_text(text, self.language, ""))

    def restore_case(self, text: str) -> str:
        """Return a heading as it stands inside a sentence: in lower case but for German, acronyms and names."""
        if self.has_capitals or UNSPACED_SCRIPT_PATTERN.search(text):
            return text
        lower = lower_keeping_length(text)
        if text.isupper() and len(text.split()) > 1:
            return lower
        words = [*CLAUSE_WORD_PATTERN.finditer(text)]
        has_title_case = all(word[0][0].isupper() for word in words if word[0] not in self.function_words)
        restored = [*lower]
        for word in words:
            is_name = word.start() > 0 and not has_title_case
            if is_name or MIXED_CASE_PATTERN.search(word[0]) or word[0] in self.names:
                restored[word.start() : word.end()] = word[0]
        return "".join(restored)


def find_specific_needs(
    prose: SourceProse, language: str, refused: Sequence[str], trade: FoundTrade | None
) -> list[BrandPart]:
    """Return at most `MAX_SPECIFICS` specific needs of one section.

    `refused` are texts that none may repeat, such as a need and the customers.
    """
    return [
        BrandPart(part="specific", value=card.value, quote=cut_evidence_quote(card.passage.text), basis="stated")
        for card in find_offer_cards(prose, language, refused, trade)[:MAX_SPECIFICS]
    ]


def find_offer_cards(
    prose: SourceProse, language: str, refused: Sequence[str], trade: FoundTrade | None, *, needs_heading: bool = False
) -> list[OfferCard]:
    """Return the cards of one section that name services or products.

    It is the first section with an offer and enough cards, else one with fewer, else one without a telling heading,
    unless that is needed.
    """
    rules = PhraseRules(language, prose)
    sections = [
        section
        for section in list_sections(prose.passages, language)
        if section.is_offer or (section.is_offer is None and not needs_heading)
    ]
    choices = [(section, [*list_naming_cards(section, rules, refused)]) for section in sections]
    choices.sort(key=lambda choice: (choice[0].is_offer is None, len(choice[1]) < MAX_SPECIFICS))
    for section, parts in choices:
        if len(parts) >= MIN_SPECIFICS_OF_SECTION and rules.is_section_with_offer(section, parts, trade):
            return parts
    return []


def list_sections(passages: Iterable[Passage], language: str) -> Iterator[PageSection]:
    """Yield the sections of the brand's own pages, each with the headings and short texts of its cards."""
    offer, other = (compile_section_pattern(language, kind) for kind in ("offer", "other"))
    section: PageSection | None = None
    for passage in passages:
        if passage.story or passage.documentation or passage.speaker != "brand" or passage.kind == "label":
            continue
        is_card = passage.role in CARD_ROLES
        if passage.kind == "heading" and passage.role in SECTION_HEADING_ROLES:
            if section:
                yield section
            section = PageSection(classify_section(passage, offer, other), [])
        elif section and is_card:
            section.cards.append(passage)
    if section:
        yield section


def classify_section(heading: Passage, offer: re.Pattern[str], other: re.Pattern[str]) -> bool | None:
    """Return whether a section's heading names the offer; None if it names neither the offer nor another subject."""
    if len(heading.text.split()) > MAX_SECTION_HEADING_WORDS:
        return None
    if other.search(heading.text):
        return False
    return True if offer.search(heading.text) else None


def list_naming_cards(section: PageSection, rules: PhraseRules, refused: Sequence[str]) -> Iterator[OfferCard]:
    """Yield the section's cards that name a thing, each once, and none that is a part of a refused text.

    A selling point, such as `fair prices`, is none; among an offer it may be a part of its name: `homemade bread`."""
    taken = [*filter(None, map(fold_text, refused))]
    for card in section.list_headings():
        text = strip_outer_signs(card.text)
        folded = fold_text(text)
        is_new = not any(folded in other for other in taken) and not (rules.name and rules.name in folded)
        is_praise = rules.is_praise(text, is_offer=section.is_offer is True)
        if is_new and not is_praise and rules.is_noun_phrase(text):
            taken.append(folded)
            yield OfferCard(rules.restore_case(text), card)


def cut_to_stem(word: str) -> str:
    """Return a word without its ending, by its length alone: `roof` of `roofs`, `repair` of `repairing`."""
    return word[: max(MIN_RELATED_STEM_CHARS, min(RELATED_STEM_CHARS, len(word) - 1))]


def strip_outer_signs(text: str) -> str:
    return OUTER_SIGNS_PATTERN.sub("", text).strip()


def find_names(texts: Iterable[str], language: str) -> frozenset[str]:
    """Return the words with a capital inside sentences, and never in lower case.

    Two texts have a name, or one that has a word which the language doesn't list.
    """
    lower: set[str] = set()
    names: Counter[str] = Counter()
    for text in texts:
        words = [word[0] for word in CLAUSE_WORD_PATTERN.finditer(text)]
        lower.update(word for word in words if word[0].islower())
        capitals = sum(word[0].isupper() for word in words)
        if len(words) >= MIN_WORDS_OF_TEXT_WITH_NAMES and capitals <= MAX_CAPITALS_SHARE_OF_TEXT_WITH_NAMES * len(
            words
        ):
            names.update({*INNER_CAPITAL_PATTERN.findall(text)})
    return frozenset(
        name
        for name, count in names.items()
        if (lower_name := lower_keeping_length(name)) not in lower
        and (count >= MIN_TEXTS_WITH_NAME or get_word_zipf(lower_name, language) == UNLISTED_WORD_ZIPF)
    )
