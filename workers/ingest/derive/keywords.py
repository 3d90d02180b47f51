"""Derived `keywords`: topics that the source lists, completed by noun phrases that it repeats."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from schemas.brand import FieldCandidate
from workers.ingest.derive.distinct import DERIVED_KEYWORDS_RULE, MAX_BRAND_KEYWORDS, MIN_SUFFICIENT_KEYWORDS
from workers.ingest.derive.icp import restore_capitals
from workers.ingest.derive.keyword_terms import KeywordTerm, KeywordText, extract_keyword_terms
from workers.ingest.derive.keyword_topics import (
    MIN_TOPIC_POINTS,
    MIN_WEAK_TOPIC_POINTS,
    NAME_WORD_PATTERN,
    Topic,
    drop_overlapping_topics,
    find_topics,
)
from workers.ingest.derive.places import find_brand_place
from workers.ingest.derive.quotes import cut_evidence_quote
from workers.ingest.derive.quotes import take_first_distinct_evidence_quotes as once
from workers.ingest.derive.stems import lower_keeping_length
from workers.ingest.derive.tables import load_customer_grammar
from workers.ingest.derive.topic_grammar import load_topic_grammar
from workers.ingest.derive.trades import find_brand_trade
from workers.ingest.languages import primary_language_subtag
from workers.ingest.page.text import count_words, fold_text
from workers.ingest.placeholders import is_placeholder
from workers.ingest.shapes import Passage, PassageRole, SourceProse

#: Confidence, lower than of any declared keywords.
DERIVED_KEYWORDS_CONFIDENCE = 0.4
MIN_DERIVED_KEYWORDS = 2
#: Topics that are enough: with fewer ones repeated noun phrases complete them.
MIN_TOPICS = 3
#: Keywords that may have the town, the first ones.
MAX_KEYWORDS_BEFORE_TOWN = 5
#: Texts that have a noun phrase which completes a list of `MIN_TOPICS`.
MIN_TEXTS_OF_ADDED_TERM = 4
#: Weight of a use in the title, in another description of the brand, and by the role of a passage. Passages of
#: other roles, such as reviews and opening hours, have no keywords.
TITLE_WEIGHT = 3.0
DESCRIPTION_WEIGHT = 2.0
WEIGHT_BY_ROLE: dict[PassageRole, float] = {
    "hero": 3.0,
    "feature": 1.3,
    "heading": 1.0,
    "prose": 1.0,
    "faq": 0.8,
    "offer": 0.8,
}
HEADING_FACTOR = 1.8
#: Words of a title that may be a name, at most.
MAX_NAME_WORDS = 3
#: Characters of a text that are read.
MAX_KEYWORD_TEXT_CHARS = 1_200
#: Characters of all texts but titles, descriptions, heroes and headings that are read.
MAX_KEYWORD_BODY_CHARS = 6_000
#: Texts that are compared with each other, the first ones: a description is often a passage too.
MAX_COMPARED_TEXTS = 10


def derive_brand_keywords(prose: SourceProse) -> Iterator[FieldCandidate]:
    """Yield one candidate with the keywords of the prose about the brand, not in stories, reviews and labels.

    Yield nothing without a language, or with fewer than `MIN_DERIVED_KEYWORDS` keywords.
    """
    passages = [passage for passage in prose.passages if is_about_brand(passage)]
    if not (prose.language and passages):
        return
    language = primary_language_subtag(prose.language)
    keywords = add_town(choose_keywords(prose, passages, language), prose, language)
    if len(keywords) >= MIN_DERIVED_KEYWORDS:
        yield FieldCandidate(
            field="keywords",
            value=[write_keyword(keyword, language) + keyword.town for keyword in keywords],
            confidence=DERIVED_KEYWORDS_CONFIDENCE,
            rule=DERIVED_KEYWORDS_RULE,
            url=prose.url,
            evidence=once(cut_evidence_quote(*keyword.quote) for keyword in keywords),
        )


def choose_keywords(prose: SourceProse, passages: Sequence[Passage], language: str) -> list[Topic]:
    """Return the source's topics without overlapping ones. A heading of a README names a part of the manual.

    Weak topics complete them up to `MIN_SUFFICIENT_KEYWORDS`, then repeated noun phrases do. From `MIN_TOPICS` on
    only phrases of many texts are added.
    """
    own = [
        passage
        for passage in prose.passages
        if passage.speaker == "brand"
        and not passage.story
        and not (passage.documentation and passage.kind == "heading")
    ]
    trade = find_brand_trade(prose, language)
    found = find_topics(prose.about, own, language, name=prose.name or "", trade=trade)
    topics = [*drop_overlapping_topics(topic for topic in found if topic.points >= MIN_WEAK_TOPIC_POINTS)]
    strong = sum(topic.points >= MIN_TOPIC_POINTS for topic in topics)
    chosen = topics[: min(max(strong, MIN_SUFFICIENT_KEYWORDS), MAX_BRAND_KEYWORDS)]
    if len(chosen) >= MIN_SUFFICIENT_KEYWORDS:
        return chosen
    texts = collect_keyword_texts(prose.about, passages)
    names = [prose.name or "", *(title for title in prose.about[:1] if count_words(title) <= MAX_NAME_WORDS)]
    terms = extract_keyword_terms(texts, language, names=names)
    min_texts = MIN_TEXTS_OF_ADDED_TERM if len(chosen) >= MIN_TOPICS else 1
    refused = {topic.stems for topic in found if (topic.names and not topic.points) or topic.places == {"aside"}}
    repeated = (
        build_topic_of_term(term, texts)
        for term in terms
        if len(term.texts) >= min_texts and term.stems not in refused and is_noun_phrase(term, texts, language)
    )
    return [*drop_overlapping_topics([*chosen, *repeated])][:MIN_SUFFICIENT_KEYWORDS]


def add_town(keywords: Sequence[Topic], prose: SourceProse, language: str) -> list[Topic]:
    """Return the keywords, one that the source says with its town with that town: `bakery in Bonn`.

    A trade's word is the first to have it. The town is then no further keyword.
    """
    grammar = load_customer_grammar(language)
    place = find_brand_place(prose, grammar) if grammar else None
    if not (grammar and place):
        return [*keywords]
    texts = [*prose.about, *(passage.text for passage in prose.passages if is_about_brand(passage))]
    for keyword in sorted(keywords[:MAX_KEYWORDS_BEFORE_TOWN], key=lambda keyword: not keyword.is_trade_word):
        town = rf"\s+(?:(?i:{grammar.town_cue}))?{re.escape(place.name)}(?!\w)"
        pattern = re.compile(rf"(?<![\w'’-])(?i:{re.escape(keyword.form)})(?P<town>{town})")
        for text in texts:
            if match := pattern.search(text):
                named = replace(keyword, quote=(text, match.start()), town=match["town"])
                others = (one for one in keywords if one.form != place.name.lower())
                return [named if one is keyword else one for one in others]
    return [*keywords]


def is_noun_phrase(term: KeywordTerm, texts: Sequence[KeywordText], language: str) -> bool:
    """Return whether the rules of topics take a repeated phrase for a noun phrase, too."""
    number, start = term.quote_place or (0, 0)
    written = texts[number].text[start : start + len(term.display_form)]
    return load_topic_grammar(language).clean_topic(written) != ""


def build_topic_of_term(term: KeywordTerm, texts: Sequence[KeywordText]) -> Topic:
    number, start = term.quote_place or (0, 0)
    return Topic(term.display_form, term.stems, (texts[number].text, start))


def write_keyword(topic: Topic, language: str) -> str:
    """Return a keyword in lower case, but with the capitals of names, acronyms and German nouns."""
    text = topic.quote[0]
    start = lower_keeping_length(text).find(topic.form)
    written = text[start : start + len(topic.form)] if start >= 0 else topic.form
    keyword = restore_capitals(topic.form, written, text, language)
    grammar = load_topic_grammar(language)
    if grammar.has_noun_capitals and written.isupper() and keyword.islower():
        return grammar.capitalize_nouns(keyword)
    first_word = topic.form.split(maxsplit=1)[0]
    if start > 0 and written[0].isupper() and first_word not in topic.names:
        # Inside this text all words have capitals.
        return keyword
    letters = [*keyword]
    for match in NAME_WORD_PATTERN.finditer(topic.form):
        name = written[match.start() : match.end()]
        if match[0] in topic.names and keyword[match.start() : match.end()].islower():
            letters[match.start() : match.end()] = name.capitalize() if name.isupper() else name
    return "".join(letters)


def is_about_brand(passage: Passage) -> bool:
    is_own = passage.speaker == "brand" and not passage.story
    return is_own and passage.kind != "label" and passage.role in WEIGHT_BY_ROLE


def collect_keyword_texts(about: Iterable[str], passages: Iterable[Passage]) -> list[KeywordText]:
    """Return the `about` texts, the title first, and the passages, each text once, without placeholders.

    The texts of the place `body` come last.

    Of two texts with one inside the other, as a description often is, only the longer one is kept, in the place of
    the weightier one.
    """
    texts = [
        *(
            KeywordText(text, DESCRIPTION_WEIGHT if number else TITLE_WEIGHT, "description" if number else "title")
            for number, text in enumerate(about)
        ),
        *map(build_passage_text, passages),
    ]
    by_key: dict[str, KeywordText] = {}
    for entry in texts:
        key = fold_text(entry.text)
        same_key = next((kept for kept in [*by_key][:MAX_COMPARED_TEXTS] if key in kept or kept in key), None)
        if same_key is None:
            by_key[key] = entry
        else:
            earlier = by_key.pop(same_key)
            longest = max(earlier, entry, key=lambda text: len(text.text))
            by_key = {max(key, same_key, key=len): earlier._replace(text=longest.text)} | by_key
    shown_texts = [entry for entry in by_key.values() if entry.place != "body" and not is_placeholder(entry.text)]
    return [*shown_texts, *cut_body_texts(by_key.values())]


def cut_body_texts(texts: Iterable[KeywordText]) -> Iterator[KeywordText]:
    remaining = MAX_KEYWORD_BODY_CHARS
    for entry in texts:
        if entry.place == "body" and remaining > 0:
            remaining -= len(entry.text)
            yield entry


def build_passage_text(passage: Passage) -> KeywordText:
    """Return the passage's text with its weight. A heading of a README names a part of the manual: it is `body`."""
    is_heading = passage.kind == "heading" and not passage.documentation
    weight = WEIGHT_BY_ROLE[passage.role] * (HEADING_FACTOR if is_heading else 1)
    place = "heading" if is_heading else "hero" if passage.role == "hero" else "body"
    return KeywordText(passage.text[:MAX_KEYWORD_TEXT_CHARS], weight, place)
