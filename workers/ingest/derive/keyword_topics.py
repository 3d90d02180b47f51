"""Topics of a brand: the noun phrases that its title, descriptions, offers and features list by themselves.

A topic is a whole heading or list item, or a part of one between separators. It is never cut inside a phrase.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import stopwordsiso

from workers.ingest.derive.cjk_nouns import CJK_NOUN_RUN_FINDERS, is_cjk_noun_phrase
from workers.ingest.derive.frequencies import get_word_zipf
from workers.ingest.derive.keyword_phrases import lower_text, stem_keyword_word
from workers.ingest.derive.keyword_words import (
    build_keyword_grammar,
    is_generic_word,
    load_given_names,
    load_keyword_words,
)
from workers.ingest.page.text import count_words, fold_text
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
    "aside": -1.0,
}
MIN_TOPIC_POINTS = 2.0
#: Points of each text that mentions a topic within a sentence, and of all of them at most.
MENTION_POINTS = 0.5
MAX_MENTIONS_POINTS = 1.0
#: Factor of the points for each generic word in a topic.
GENERIC_WORD_FACTOR = 0.6
#: Words of a topic at most, without and with prepositions and links.
MAX_TOPIC_WORDS = 4
MAX_TOPIC_WORDS_WITH_LINKS = 5
MAX_TOPIC_CHARS = 45
MIN_TOPIC_CHARS = 3
#: Parts of a sentence between commas that are a list, at least.
MIN_LISTED_PARTS = 3
#: Words of a heading or list item that is read for topics, at most.
MAX_TOPIC_TEXT_WORDS = 9
#: Zipf value from which a word alone is too vague, and from which a listed stop word is a function word.
MAX_ALONE_ZIPF = 5.0
MIN_STOP_WORD_ZIPF = 6.0
PART_SEPARATOR_PATTERN = re.compile(
    r"\s+[-–—−/+&x×→>]\s+|\s*[|｜•·∙・●►✓✔★⭐☆,;:()\[\]{}“”\"„«»「」『』【】、，。：；／!！?？؟،…—]\s*|\.(?:\s|$)"
)
#: Marks between the parts of a text without blanks.
#: Mark in a text below an item, which tells details of it.
DETAIL_MARK_PATTERN = re.compile(r"[,.:;!?–—、。，：！]")
SENTENCE_END_PATTERN = re.compile(r"[.!?。！？](?:\s|$)|\s+[-–—|]\s+")
TOPIC_WORD_PATTERN = re.compile(r"[^\W_][\w+#.'’/-]*")
#: Marks and numbers before an item.
ITEM_MARK_PATTERN = re.compile(r"^[\W\d_]+|[^\w+#]+$")


#: Topics before a topic that may have one of its words.
MAX_TOPICS_WITH_ONE_WORD = 4


class TopicText(NamedTuple):
    """Text that may list topics, with its place. A `sentence` has topics only between commas."""

    text: str
    place: str
    is_sentence: bool = False


@dataclass
class Topic:
    """Topic with its `form` in lower case, its words' stems, and the text and place of its first use."""

    form: str
    stems: tuple[str, ...]
    quote: tuple[str, int]
    points: float = 0.0
    places: set[str] = field(default_factory=set)


class TopicGrammar:
    """Words of one language by which topics are distinguished from other headings."""

    def __init__(self, language: str) -> None:
        words = load_keyword_words(language)
        grammar = build_keyword_grammar(language)
        self.language = language
        self.has_noun_capitals = grammar.capitals
        self.joins = frozenset([*words.joins.split(), *grammar.joins, "&", "+"])
        self.articles = frozenset(words.articles.split())
        prepositions = [*words.prepositions.split(), *grammar.prepositions]
        self.inner = frozenset([*prepositions, *self.articles, *words.inner.split()])
        listed = stopwordsiso.stopwords(language) if stopwordsiso.has_lang(language) else set()
        common = {word for word in listed if get_word_zipf(word, language) >= MIN_STOP_WORD_ZIPF}
        self.stop = (
            frozenset([*words.stopwords.split(), *grammar.determiners, *grammar.verbal, *grammar.degrees])
            | frozenset([*grammar.objects, *(listed if not grammar.determiners else common)])
            | self.joins
        )
        self.imperatives = re.compile(words.imperatives)
        self.verbs = re.compile(f"{words.verbs}|{grammar.verbs}")
        self.adjectives = re.compile(f"{words.adjectives}|{grammar.adjectives}")
        self.offers = re.compile(words.offers)
        self.asides = re.compile(words.asides)

    def split_parts(self, text: str) -> Iterator[tuple[str, int]]:
        """Yield the parts of a text between its separators and joining words, each with its place."""
        start = 0
        for match in [*PART_SEPARATOR_PATTERN.finditer(text), None]:
            end = match.start() if match else len(text)
            yield from self.split_at_join(text[start:end], start)
            start = match.end() if match else end

    def split_at_join(self, part: str, start: int) -> Iterator[tuple[str, int]]:
        """Yield the two sides of a joining word, if both have one word or both have several; else the whole part."""
        words = [*re.finditer(r"\S+", part)]
        joins = [place for place, word in enumerate(words) if word[0].lower() in self.joins]
        place = joins[0] if len(joins) == 1 else 0
        sides = place, len(words) - place - 1
        if not place or not sides[1] or words[place - 1][0].endswith("-") or min(sides) == 1 != max(sides):
            yield part, start
            return
        yield part[: words[place - 1].end()], start
        yield part[words[place + 1].start() :], start + words[place + 1].start()

    def clean_topic(self, part: str) -> str:
        """Return a part without marks, numbers and an article before it, in lower case; "" if it is no topic."""
        if part.endswith("-"):
            return ""
        text = ITEM_MARK_PATTERN.sub("", part)
        first, _, rest = text.partition(" ")
        text = rest if first.lower() in self.articles else text
        if self.language in CJK_NOUN_RUN_FINDERS:
            is_topic = is_cjk_noun_phrase(text, self.language) and not is_generic_word(text, self.language)
            return lower_text(text, self.language) if is_topic else ""
        if not MIN_TOPIC_CHARS <= len(text) <= MAX_TOPIC_CHARS:
            return ""
        return " ".join(lower_text(text, self.language).split()) if self.is_topic(text) else ""

    def is_topic(self, text: str) -> bool:
        """Return whether a text is a noun phrase by its words: none is a verb, a pronoun or only a number."""
        words = text.replace("’", "'").split()
        keys = [lower_text(word, self.language) for word in words]
        if len(words) > MAX_TOPIC_WORDS_WITH_LINKS or not all(map(TOPIC_WORD_PATTERN.fullmatch, words)):
            return False
        contents = [key for key in keys if key not in self.inner and key not in self.joins]
        is_bounded = keys[0] in contents and keys[-1] in contents
        if not is_bounded or len(contents) > MAX_TOPIC_WORDS or any(key.isdigit() for key in keys):
            return False
        if any(key in self.stop or self.verbs.fullmatch(key) for key in contents):
            return False
        if self.imperatives.fullmatch(keys[0]) or self.is_generic(keys, contents):
            return False
        if self.has_noun_capitals and words[-1][0].islower():
            return False
        return len(contents) > 1 or self.is_noun_alone(contents[0])

    def is_noun_alone(self, key: str) -> bool:
        return not self.adjectives.fullmatch(key) and get_word_zipf(key, self.language) < MAX_ALONE_ZIPF

    def is_generic(self, keys: Sequence[str], contents: Sequence[str]) -> bool:
        """Return whether a phrase says nothing about the brand: all its words are generic, or first and last ones."""
        if is_generic_word(" ".join(keys), self.language):
            return True
        return is_generic_word(contents[0], self.language) and is_generic_word(contents[-1], self.language)


@cache
def load_topic_grammar(language: str) -> TopicGrammar:
    return TopicGrammar(language)


def find_topics(about: Sequence[str], passages: Sequence[Passage], language: str, name: str) -> list[Topic]:
    """Return the topics of a source that have enough points, the best first, without the brand's name."""
    grammar = load_topic_grammar(language)
    topics: dict[tuple[str, ...], Topic] = {}
    for text in list_topic_texts(about, passages, grammar):
        for form, start in list_topics_of_text(text, grammar, name):
            stems = tuple(stem_keyword_word(key, language) for key in form.split())
            topic = topics.setdefault(stems, Topic(form, stems, (text.text, start)))
            if text.place not in topic.places:
                topic.places.add(text.place)
                topic.points += POINTS_BY_PLACE[text.place]
    add_mention_points(topics.values(), passages, language)
    for topic in topics.values():
        topic.points *= GENERIC_WORD_FACTOR ** sum(is_generic_word(key, language) for key in topic.form.split())
    worthy = [topic for topic in topics.values() if topic.points >= MIN_TOPIC_POINTS]
    return sorted(worthy, key=lambda topic: -topic.points)


def list_topics_of_text(text: TopicText, grammar: TopicGrammar, name: str) -> list[tuple[str, int]]:
    """Return the topics of a text with their places; none if it is a sentence, or if a part of it is a clause."""
    parts = [*grammar.split_parts(text.text)]
    if text.is_sentence and len(parts) < MIN_LISTED_PARTS:
        return []
    forms = [(grammar.clean_topic(part), part, start) for part, start in parts if part]
    others = sum(not form and fold_text(part) not in fold_text(name) for form, part, _ in forms)
    if others > (len(parts) / 2 if text.is_sentence else 0):
        return []
    return [(form, start) for form, part, start in forms if form and not is_name_of_brand_or_person(form, part, name)]


def add_mention_points(topics: Iterable[Topic], passages: Sequence[Passage], language: str) -> None:
    """Add the points of each topic for the texts that mention it within a sentence."""
    sentences = [
        lower_text(passage.text, language) for passage in passages if passage.kind == "text" and passage.role != "faq"
    ]
    for topic in topics:
        mentions = sum(topic.form in sentence for sentence in sentences)
        topic.points += min(mentions * MENTION_POINTS, MAX_MENTIONS_POINTS)


def list_topic_texts(about: Sequence[str], passages: Sequence[Passage], grammar: TopicGrammar) -> Iterator[TopicText]:
    """Yield the texts that may list topics, with their places.

    A feature is an offer below a heading that names services, and an aside below one that names reasons or steps.
    """
    for number, text in enumerate(about):
        yield from split_leading_text(text, "description" if number else "title")
    section = "feature"
    for passage in passages:
        is_short = count_words(passage.text) <= MAX_TOPIC_TEXT_WORDS
        if passage.kind == "heading" and passage.role in {"heading", "hero"}:
            section = classify_section(passage.text, grammar)
        if passage.role == "hero":
            yield from split_leading_text(passage.text, "hero")
        elif passage.role == "navigation" and passage.kind == "label":
            yield TopicText(passage.text, "menu")
        elif passage.role == "feature" and is_short:
            is_item = passage.kind != "text" or not DETAIL_MARK_PATTERN.search(passage.text)
            yield TopicText(passage.text, section if is_item or section == "aside" else "detail")
        elif passage.kind == "heading" and is_short:
            yield TopicText(passage.text, "heading")


def split_leading_text(text: str, place: str) -> Iterator[TopicText]:
    """Yield the sentences of a title, description or text of the hero; a long one has topics only as a list."""
    for sentence in SENTENCE_END_PATTERN.split(text):
        yield TopicText(sentence, place, is_sentence=count_words(sentence) > MAX_TOPIC_WORDS_WITH_LINKS)


def classify_section(heading: str, grammar: TopicGrammar) -> str:
    """Return the place of the features below a heading."""
    lower = lower_text(heading, grammar.language)
    if grammar.asides.search(lower):
        return "aside"
    return "offer" if grammar.offers.search(lower) else "feature"


def is_name_of_brand_or_person(form: str, part: str, name: str) -> bool:
    """Return whether a topic is a part of the brand's name, has it, or begins with a given name."""
    folded, folded_name = fold_text(form), fold_text(name)
    if folded_name and (folded in folded_name or folded_name in folded):
        return True
    words = form.split()
    return len(words) > 1 and words[0] in load_given_names() and part.strip().istitle()


def drop_overlapping_topics(ranked: Iterable[Topic]) -> Iterator[Topic]:
    """Yield the topics that are no part of an earlier one, have none as a part, and share few words with them."""
    kept: list[Topic] = []
    for topic in ranked:
        shared = [len({*topic.stems} & {*other.stems}) for other in kept]
        is_part = any(
            topic.form in other.form or other.form in topic.form or count == min(len(topic.stems), len(other.stems))
            for count, other in zip(shared, kept, strict=True)
        )
        if not is_part and sum(map(bool, shared)) < MAX_TOPICS_WITH_ONE_WORD:
            kept.append(topic)
            yield topic
