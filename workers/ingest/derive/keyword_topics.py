"""Topics of a brand: the noun phrases that its title, descriptions, offers and features list by themselves.

A topic is a whole heading or list item, or a part of one between separators. It is never cut inside a phrase.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from workers.ingest.derive.cjk_nouns import CJK_NOUN_RUN_FINDERS
from workers.ingest.derive.clauses import has_capitals_marking_nouns, tokenize_clauses
from workers.ingest.derive.frequencies import UNLISTED_WORD_ZIPF, get_word_zipf
from workers.ingest.derive.keyword_phrases import lower_text, stem_keyword_word
from workers.ingest.derive.keyword_words import is_generic_word, load_given_names
from workers.ingest.derive.stems import UNSPACED_SCRIPT_PATTERN, StemMatch, lower_keeping_length
from workers.ingest.derive.tables import index_trade_stems
from workers.ingest.derive.topic_grammar import (
    MAX_TOPIC_WORDS_WITH_LINKS,
    MIN_TOPIC_CHARS,
    PERSON_TITLE_PATTERN,
    TopicGrammar,
    load_topic_grammar,
)
from workers.ingest.derive.trades import FoundTrade, is_name_of_trade
from workers.ingest.page.text import count_words, fold_text
from workers.ingest.placeholders import is_placeholder
from workers.ingest.shapes import Passage

#: Points of a topic by the place of its text. A topic needs `MIN_TOPIC_POINTS` of its places together.
POINTS_BY_PLACE = {
    "title": 3.0,
    "offer": 3.0,
    "description": 2.0,
    "hero": 2.0,
    "feature": 1.5,
    "menu": 0.75,
    "detail": 0.75,
    "heading": 0.5,
    "aside": 0.0,
    "item": 0.2,
    "label": 0.7,
    "offer item": 2.0,
}
MIN_TOPIC_POINTS = 1.5
#: Points of a topic that completes a short list.
MIN_WEAK_TOPIC_POINTS = 0.75
#: Places in which a source lists what it offers.
LISTING_PLACES = frozenset({"title", "offer", "offer item", "feature", "menu"})
#: Points of the trade's own word, and of each topic that has one.
TRADE_WORD_POINTS = 3.0
TRADE_POINTS = 1.0
MAX_TRADE_WORDS = 2
MIN_TRADE_WORD_USES = 2
#: Points of the end of the brand's name, if so many texts have it without the name.
NAME_PART_POINTS = 3.0
MIN_TEXTS_OF_NAME_PART = 2
#: Factor of the points of a name, such as a town.
NAME_FACTOR = 0.4
#: Factor of the points of a phrase that may be in another case than the nominative.
OBLIQUE_FACTOR = 0.5
#: Points of each text that mentions a topic within a sentence, and of all of them at most.
MENTION_POINTS = 0.5
MAX_MENTIONS_POINTS = 1.0
#: Factor of the points for each generic word in a topic.
GENERIC_WORD_FACTOR = 0.6
#: Parts of a sentence between commas that are a list, at least.
MIN_LISTED_PARTS = 3
#: Words of a heading or list item that is read for topics, at most.
MAX_TOPIC_TEXT_WORDS = 9
#: Mark in a text below an item, which tells details of it.
DETAIL_MARK_PATTERN = re.compile(r"[,.:;!?–—、。，：！]")
SENTENCE_MARKS = frozenset(".!?。！？…")
SENTENCE_END_PATTERN = re.compile(r"[.!?。！？](?:\s|$)|\s+[-–—|]\s+")
#: Zipf value from which a single word of a menu may name a page.
MIN_PAGE_NAME_ZIPF = 4.0
#: Zipf value from which a word is too frequent for a name.
MAX_NAME_ZIPF = 4.3
#: Separator in place of each character of the brand's name.
NAME_MASK = "|"
WORD_CHARACTER_PATTERN = re.compile(r"[\w'’-]")
NAME_WORD_PATTERN = re.compile(r"[\w-]+")
#: Words of a heading above steps, reasons or news, at most: a longer one only mentions them.
MAX_ASIDE_HEADING_WORDS = 5
#: Characters that two forms of one word share at the beginning, and those of their endings.
MIN_SHARED_CHARS = 6
MAX_ENDING_CHARS = 5
#: Topics before a topic that may have one of its words.
MAX_TOPICS_WITH_ONE_WORD = 4


class TopicText(NamedTuple):
    """Text that may list topics, with its place. A `sentence` has topics only between commas."""

    text: str
    place: str
    is_sentence: bool = False


@dataclass
class Topic:
    """Topic with its `form` in lower case, its words' stems, and the text and place of its first use.

    `names` are the words that the source always writes with a capital; `town` is the rest of its use with a town.
    """

    form: str
    stems: tuple[str, ...]
    quote: tuple[str, int]
    points: float = 0.0
    places: set[str] = field(default_factory=set)
    is_capitalized: bool = True
    is_trade_word: bool = False
    names: frozenset[str] = frozenset()
    town: str = ""

    @property
    def is_proper_name(self) -> bool:
        return bool(self.places) and self.is_capitalized and "title" not in self.places


def find_topics(
    about: Sequence[str], passages: Sequence[Passage], language: str, *, name: str, trade: FoundTrade | None
) -> list[Topic]:
    """Return the possible topics of a source, those with the most points first, without the brand's name."""
    grammar = load_topic_grammar(language)
    if trade and is_name_of_trade(name, trade.name, language) and grammar.is_descriptive(name):
        name = ""
    topics: dict[tuple[str, ...], Topic] = {}
    for text in list_topic_texts(about, passages, grammar):
        for form, start in list_topics_of_text(text, grammar, name):
            stems = tuple(stem_keyword_word(key, language) for key in grammar.list_head_words(form) or form.split())
            topic = topics.setdefault(stems, Topic(form, stems, (text.text, start)))
            topic.is_capitalized &= is_capitalized_phrase(text.text[start:], len(form.split()))
            if text.place not in topic.places:
                topic.places.add(text.place)
                topic.points += POINTS_BY_PLACE[text.place]
    add_mention_points(topics.values(), passages, language)
    add_descriptive_part_of_name(topics, name, [*about, *(passage.text for passage in passages)], grammar)
    if trade:
        add_trade_words(topics, [*about, *(passage.text for passage in passages)], grammar, trade.name)
    weigh_generic_words_and_names(topics.values(), about, passages, grammar)
    return sorted(topics.values(), key=lambda topic: -topic.points)


def weigh_generic_words_and_names(
    topics: Iterable[Topic], about: Sequence[str], passages: Sequence[Passage], grammar: TopicGrammar
) -> None:
    """Lower the points of topics with generic words, of oblique ones, and of names of places and people."""
    may_have_names = not (grammar.has_noun_capitals or are_headings_title_cased(passages))
    texts = [*about[1:], *(passage.text for passage in passages if passage.kind == "text")]
    proper_names = list_proper_names(texts, grammar)
    for topic in topics:
        words = topic.form.split()
        topic.names = proper_names.intersection(NAME_WORD_PATTERN.findall(topic.form))
        topic.points *= GENERIC_WORD_FACTOR ** sum(is_generic_word(word, grammar.language) for word in words)
        topic.points *= OBLIQUE_FACTOR if grammar.is_oblique(topic.form) else 1.0
        if is_page_name(topic, grammar):
            topic.points = 0.0
        if proper_names.issuperset(words) or (may_have_names and topic.is_proper_name):
            # A weak name completes no list.
            topic.points = topic.points * NAME_FACTOR if topic.points * NAME_FACTOR >= MIN_TOPIC_POINTS else 0.0


def is_page_name(topic: Topic, grammar: TopicGrammar) -> bool:
    """Return whether a topic may be a page's name: only a menu has it, as a frequent word or in an unknown language."""
    is_frequent = " " not in topic.form and get_word_zipf(topic.form, grammar.language) >= MIN_PAGE_NAME_ZIPF
    is_only_menu = topic.places == {"menu"} and topic.points <= POINTS_BY_PLACE["menu"]
    return is_only_menu and (is_frequent or not grammar.has_words)


def list_topics_of_text(text: TopicText, grammar: TopicGrammar, name: str) -> list[tuple[str, int]]:
    """Return the topics of a text with their places; none if a part of it is a clause, and it is no list."""
    plain = mask_joined_name(text.text, name, grammar)
    parts = [(grammar.clean_topic(part), part, start) for part, start in grammar.split_parts(plain) if part.strip()]
    if text.is_sentence:
        parts = [*cut_list_of_sentence(parts, grammar)]
        return [
            (form, start) for form, part, start in parts if not is_name_of_brand_or_person(form, part, name, grammar)
        ]
    if any(not form and fold_text(part) not in fold_text(name) for form, part, _ in parts):
        return []
    return [
        (form, start)
        for form, part, start in parts
        if form and not is_name_of_brand_or_person(form, part, name, grammar)
    ]


def mask_joined_name(text: str, name: str, grammar: TopicGrammar) -> str:
    """Return a text with separators in place of a name that has a joining word: `Kimo & Zork`."""
    if grammar.joins.isdisjoint(name.lower().split()):
        return text
    return text.replace(name, NAME_MASK * len(name))


def cut_list_of_sentence(
    parts: Sequence[tuple[str, str, int]], grammar: TopicGrammar
) -> Iterator[tuple[str, str, int]]:
    """Yield the noun phrases of a sentence's list, up to the first part with a preposition.

    Customers or places follow that part: `care for shops, schools and towns`.
    """
    if len(parts) < MIN_LISTED_PARTS:
        return
    if grammar.language in CJK_NOUN_RUN_FINDERS:
        return
    for number, (form, part, start) in enumerate(parts):
        is_related = any(key in grammar.inner and not grammar.links.fullmatch(key) for key in part.lower().split())
        if is_related and number:
            return
        if form and grammar.is_listed_noun(form):
            yield form, part, start


def add_mention_points(topics: Iterable[Topic], passages: Sequence[Passage], language: str) -> None:
    """Add the points of each topic for the texts that mention it within a sentence."""
    texts = [passage.text for passage in passages if passage.kind == "text" and passage.role != "faq"]
    sentences = [(text, lower_text(text, language)) for text in texts]
    for topic in topics:
        mentions = sum(topic.form in lower and text != topic.quote[0] for text, lower in sentences)
        topic.points += min(mentions * MENTION_POINTS, MAX_MENTIONS_POINTS)


def add_descriptive_part_of_name(
    topics: dict[tuple[str, ...], Topic], name: str, texts: Sequence[str], grammar: TopicGrammar
) -> None:
    """Add the end of the brand's name, of two words or more, if the source says it elsewhere: `Kimo Zork Repair`."""
    words = name.split()
    if not grammar.joins.isdisjoint(name.lower().split()):
        return
    for start in range(1, len(words) - 1):
        form = grammar.clean_topic(" ".join(words[start:]))
        lower_texts = [(text, lower_text(text, grammar.language).replace(name.lower(), "")) for text in texts]
        places = [(text, lower.find(form)) for text, lower in lower_texts if form and form in lower]
        if len(places) >= MIN_TEXTS_OF_NAME_PART:
            stems = tuple(stem_keyword_word(key, grammar.language) for key in form.split())
            topic = topics.setdefault(stems, Topic(form, stems, places[0]))
            topic.points = max(topic.points, NAME_PART_POINTS)
            return


def add_trade_words(
    topics: dict[tuple[str, ...], Topic], texts: Iterable[str], grammar: TopicGrammar, trade: str
) -> None:
    """Add the trade's own words as the source writes them, and points to the topics with such a word."""
    forms: defaultdict[int, Counter[str]] = defaultdict(Counter)
    quotes: dict[str, tuple[str, int]] = {}
    stem_numbers: dict[str, int] = {}
    for text in texts:
        for match in index_trade_stems(grammar.language).find_stems(text):
            start, form = expand_to_words(text, match)
            if match.owner == trade and (form := grammar.clean_trade_word(form)):
                stem = stem_numbers.setdefault(lower_keeping_length(text[match.start : match.end]), len(stem_numbers))
                forms[stem][form] += 1
                quotes.setdefault(form, (text, start))
    for counter in sorted(forms.values(), key=lambda counter: -counter.total())[:MAX_TRADE_WORDS]:
        form = min(counter, key=lambda form: (grammar.is_oblique(form), -counter[form], len(form)))
        stems = tuple(stem_keyword_word(key, grammar.language) for key in form.split())
        if counter.total() >= MIN_TRADE_WORD_USES:
            topic = topics.setdefault(stems, Topic(form, stems, quotes[form]))
            topic.points, topic.is_trade_word = max(topic.points, TRADE_WORD_POINTS), True
    trade_stems = {stem for topic in topics.values() if topic.is_trade_word for stem in topic.stems}
    for topic in topics.values():
        has_trade_word = len(topic.stems) > 1 and not trade_stems.isdisjoint(topic.stems)
        if has_trade_word or is_name_of_trade(topic.form, trade, grammar.language):
            topic.points += TRADE_POINTS


def expand_to_words(text: str, match: StemMatch) -> tuple[int, str]:
    """Return the whole words around a stem, and their place; the stem itself in a script without blanks."""
    if UNSPACED_SCRIPT_PATTERN.match(text, match.start):
        return match.start, text[match.start : match.end]
    start, end = match.start, match.end
    while start and WORD_CHARACTER_PATTERN.match(text, start - 1):
        start -= 1
    while WORD_CHARACTER_PATTERN.match(text, end):
        end += 1
    return start, text[start:end]


def list_proper_names(texts: Iterable[str], grammar: TopicGrammar) -> frozenset[str]:
    """Return the words in lower case that have a capital inside sentences and are never without one.

    A text with a sentence in plain case has no capitals but those of names, also in its lists.
    """
    if grammar.has_noun_capitals:
        return frozenset()
    capitalized: set[str] = set()
    plain: set[str] = set()
    for text in texts:
        clauses = [*tokenize_clauses(text)]
        if any(map(has_capitals_marking_nouns, clauses)):
            words = [word for clause in clauses for word in clause]
            capitalized.update(word.key for word in words if word.text[0].isupper() and not word.initial)
            plain.update(word.key for word in words if word.text[0].islower())
    names = capitalized - plain
    return frozenset(name for name in names if get_word_zipf(name, grammar.language) < MAX_NAME_ZIPF)


def are_headings_title_cased(passages: Iterable[Passage]) -> bool:
    """Return whether most headings of several words have a capital on each longer word."""
    headings = [passage.text.split() for passage in passages if passage.kind == "heading"]
    several = [[word for word in words if len(word) > MIN_TOPIC_CHARS] for words in headings if len(words) > 1]
    return 2 * sum(all(word[0].isupper() for word in words) for words in several) >= len(several)


def list_topic_texts(about: Sequence[str], passages: Sequence[Passage], grammar: TopicGrammar) -> Iterator[TopicText]:
    """Yield the texts that may list topics, with their places.

    A feature is an offer below a heading that names services, and an aside below one that names reasons or steps.
    """
    beside = list_texts_beside_topics(passages, grammar)
    for number, text in enumerate(about):
        if not number or text not in beside:
            yield from split_leading_text(text, "description" if number else "title")
    section = "feature"
    for passage in passages:
        if passage.kind == "heading" and passage.role in {"heading", "hero"}:
            section = classify_section(passage.text, grammar)
        if passage.text not in beside:
            yield from list_topic_texts_of_passage(passage, section)


def list_topic_texts_of_passage(passage: Passage, section: str) -> Iterator[TopicText]:
    is_short = count_words(passage.text) <= MAX_TOPIC_TEXT_WORDS and not is_placeholder(passage.text)
    if passage.role == "hero" and passage.kind != "label":
        yield from split_leading_text(passage.text, "hero")
    elif passage.role == "navigation" and passage.kind == "label":
        yield TopicText(passage.text, "menu")
    elif passage.role == "feature" and is_short:
        yield TopicText(passage.text, choose_feature_place(passage, section))
    elif passage.kind == "heading" and is_short:
        yield TopicText(passage.text, "heading")


def list_texts_beside_topics(passages: Iterable[Passage], grammar: TopicGrammar) -> frozenset[str]:
    """Return the hero's headings about people, places or reasons, and the hero's texts below them.

    Hobbies of an owner and towns around are no topics.
    """
    beside: set[str] = set()
    section = "feature"
    for passage in passages:
        if passage.role == "hero" and passage.kind == "heading":
            section = classify_section(passage.text, grammar)
        if passage.role == "hero" and passage.kind != "label" and section == "aside":
            beside.add(passage.text)
        elif passage.role != "hero":
            section = "feature"
    return frozenset(beside)


def is_capitalized_phrase(text: str, words: int) -> bool:
    """Return whether the first words of a text, two at least, have capitals, but aren't in capitals as a whole."""
    written = text.split()[:words]
    return words > 1 and all(word[0].isupper() for word in written) and not "".join(written).isupper()


def split_leading_text(text: str, place: str) -> Iterator[TopicText]:
    """Yield the parts of a title, description or text of the hero; a sentence has topics only as a list."""
    text = PERSON_TITLE_PATTERN.sub(lambda match: "_" * len(match[0]), text)
    for part in SENTENCE_END_PATTERN.split(text):
        is_closed = text[text.find(part) + len(part) :][:1] in SENTENCE_MARKS
        yield TopicText(part, place, is_sentence=bool(is_closed) or count_words(part) > MAX_TOPIC_WORDS_WITH_LINKS)


def choose_feature_place(passage: Passage, section: str) -> str:
    """Return the place of a feature by its section: a text without marks is an item, another one tells details."""
    if passage.kind == "heading" or section == "aside":
        return section
    if DETAIL_MARK_PATTERN.search(passage.text):
        return "detail"
    if section == "offer":
        return "offer item"
    return "label" if passage.kind == "label" else "item"


def classify_section(heading: str, grammar: TopicGrammar) -> str:
    """Return the place of the features below a heading."""
    lower = lower_text(heading, grammar.language)
    if count_words(heading) <= MAX_ASIDE_HEADING_WORDS and grammar.asides.search(lower):
        return "aside"
    return "offer" if grammar.offers.search(lower) else "feature"


def is_name_of_brand_or_person(form: str, part: str, name: str, grammar: TopicGrammar) -> bool:
    """Return whether a topic has a word of the brand's name that is no word of the language, or is a person's name.

    In German most compounds are on no list, so a topic has to be a part of the name.
    """
    folded, folded_name = fold_text(form), fold_text(name)
    words, names = form.split(), name.lower().split()
    if (folded_name and folded_name in folded) or is_short_name(words, names):
        return True
    if len(words) > 1 and words[0] in load_given_names() and part.strip().istitle():
        return True
    if len(words) > 1 and (folded in folded_name or (words[:2] == names[:2] and not grammar.is_descriptive(name))):
        return True
    shared = [word for word in words if word in names]
    if grammar.has_noun_capitals or grammar.language in CJK_NOUN_RUN_FINDERS:
        return len(shared) == len(words) > 1
    return any(get_word_zipf(word, grammar.language) == UNLISTED_WORD_ZIPF for word in shared)


def is_short_name(words: Sequence[str], names: Sequence[str]) -> bool:
    """Return whether several words begin with the beginning of a name's single word, as `Lola calls` of `LolaDesk`."""
    return len(names) == 1 and len(words) > 1 and len(words[0]) > MIN_TOPIC_CHARS and names[0].startswith(words[0])


def drop_overlapping_topics(ranked: Iterable[Topic]) -> Iterator[Topic]:
    """Yield the topics that are no part of an earlier one, and share few words with earlier ones.

    A topic that has an earlier one as a part is kept if the source lists it: `tax law` after `law`.
    """
    kept: list[Topic] = []
    for topic in ranked:
        shared = [len({*topic.stems} & {*other.stems}) for other in kept]
        is_part = any(
            topic.form in other.form
            or are_forms_of_one_word(topic.form, other.form)
            or count == len(topic.stems)
            or (not topic.places & LISTING_PLACES and (other.form in topic.form or count == len(other.stems)))
            for count, other in zip(shared, kept, strict=True)
        )
        if not is_part and sum(map(bool, shared)) < MAX_TOPICS_WITH_ONE_WORD:
            kept.append(topic)
            yield topic


def are_forms_of_one_word(form: str, other: str) -> bool:
    """Return whether two words share all but their endings: `physiotherapist`, `physiotherapy`."""
    shared = max(MIN_SHARED_CHARS, max(len(form), len(other)) - MAX_ENDING_CHARS)
    return " " not in form + other and len(form) >= shared and form[:shared] == other[:shared]
