"""Terms of a source: its noun phrases in all their forms, ranked by how often it repeats them.

A term ranks by how often the source says it, in its title, hero and headings first, and by how seldom the
language does. The weights are measured (docs/explain/brand.md).
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from workers.ingest.derive.cjk_nouns import CJK_NOUN_RUN_FINDERS
from workers.ingest.derive.distinct import MAX_BRAND_KEYWORDS, MIN_SUFFICIENT_KEYWORDS
from workers.ingest.derive.frequencies import UNLISTED_WORD_ZIPF, get_word_zipf
from workers.ingest.derive.keyword_phrases import KeywordPhrase, list_keyword_phrases
from workers.ingest.derive.keyword_words import is_generic_word, load_given_names
from workers.ingest.derive.lexicon import load_lexicon
from workers.ingest.page.text import fold_text

#: Zipf value of a word that says nothing: more frequent ones are stop words.
MAX_MEANINGFUL_WORD_ZIPF = 6.3
#: Zipf value above which a word alone is too vague: `food`, `centro` in the title, `gold`, `families` elsewhere.
MAX_SINGLE_TITLE_WORD_ZIPF = 5.3
MAX_SINGLE_WORD_ZIPF = 4.7
#: Zipf value below which a word alone may be a topic, as a phrase is: `Fensterreinigung`.
MAX_SPECIFIC_WORD_ZIPF = 3.5
MIN_SPECIFIC_WORD_CHARS = 7
MIN_SPECIFIC_CJK_WORD_CHARS = 4
#: Factor of the score for each generic word in a term.
GENERIC_WORD_FACTOR = 0.6
#: Factor of the score by a term's number of words.
SCORE_FACTOR_BY_WORDS = {1: 0.8, 2: 1.6, 3: 1.45}
CJK_PHRASE_FACTOR = 1.15
MAX_CJK_RARITY = 4.0
TITLE_FACTOR = 1.4
DESCRIPTION_FACTOR = 1.2
#: Number of the text in which the bonus of an early term has halved.
EARLY_BONUS_HALF_LIFE_TEXTS = 4.0
#: Share of a single word's uses in which it is the noun of its phrase, at least.
MIN_HEAD_SHARE = 0.5
#: Texts that have a term at least, unless it is a whole heading or in the title.
MIN_TEXTS_WITH_KEYWORD = 2
MIN_TERM_CHARS = 3
MIN_CJK_TERM_CHARS = 2
#: Keywords below which phrases that the hero says once are keywords, too.
MIN_REPEATED_KEYWORDS = 2
MAX_KEYWORDS_WITHOUT_REPEATS = 4
#: Share of the best term's score below which a term is no keyword, beyond the first few.
MIN_KEYWORD_SCORE_SHARE = 0.25


class KeywordText(NamedTuple):
    """Text that is read for keywords. `place` is its kind; a keyword has to be in a text that isn't `body`."""

    text: str
    weight: float
    place: str


@dataclass
class KeywordTerm:
    """Noun phrase in all its forms. `keys` are its words; `quote_place` is its text and place in a shown text."""

    keys: tuple[str, ...]
    stems: tuple[str, ...]
    first_text: int
    weight: float = 0.0
    uses: int = 0
    head_uses: int = 0
    whole_uses: int = 0
    capitalized_uses: int = 0
    is_whole_heading: bool = False
    is_whole_in_hero: bool = False
    forms: Counter[str] = field(default_factory=Counter)
    texts: set[int] = field(default_factory=set)
    places: set[str] = field(default_factory=set)
    quote_place: tuple[int, int] | None = None

    def add_use(self, phrase: KeywordPhrase, number: int, text: KeywordText) -> None:
        self.uses += 1
        self.head_uses += phrase.has_head
        self.whole_uses += phrase.is_whole
        self.capitalized_uses += phrase.is_capitalized
        if number not in self.texts:
            self.weight += text.weight
        self.texts.add(number)
        if not phrase.is_base_form:
            return
        self.forms[phrase.form] += 1
        if text.place != "body":
            self.places.add(text.place)
            self.is_whole_heading |= phrase.is_whole and text.place in {"title", "heading"}
            self.is_whole_in_hero |= phrase.is_whole and text.place == "hero"
            self.quote_place = self.quote_place or (number, phrase.start)

    @property
    def display_form(self) -> str:
        return self.forms.most_common(1)[0][0]

    def is_keyword(self, language: str) -> bool:
        is_single_word = len(self.keys) == 1
        is_mostly_head = self.head_uses >= MIN_HEAD_SHARE * self.uses
        if not self.places or (is_single_word and not (self.whole_uses and is_mostly_head)):
            return False
        is_topic = self.is_whole_heading and (not is_single_word or is_specific_word(self.keys[0], language))
        return len(self.texts) >= MIN_TEXTS_WITH_KEYWORD or is_topic or "title" in self.places

    @property
    def is_hero_phrase(self) -> bool:
        return self.is_whole_in_hero and len(self.keys) > 1


def extract_keyword_terms(texts: Sequence[KeywordText], language: str, *, names: Sequence[str]) -> list[KeywordTerm]:
    """Return the keywords of the texts, the best first, without the brand's `names`, at most `MAX_BRAND_KEYWORDS`.

    The first name is certain, further ones may be. The texts of the place `body` are the last ones.
    """
    shown_texts = sum(text.place != "body" for text in texts)
    contents = [text.text for text in texts]
    phrases_of_texts = list_keyword_phrases(contents[:shown_texts], contents[shown_texts:], language, names[0])
    is_title_cased = are_headings_title_cased(texts, phrases_of_texts)
    possible = [
        term
        for term in collect_keyword_terms(texts, phrases_of_texts)
        if (term.is_keyword(language) or term.is_hero_phrase)
        and is_meaningful_term(term, language, names)
        and not is_proper_name(term, language, is_title_cased=is_title_cased)
    ]
    repeated = choose_best_terms([term for term in possible if term.is_keyword(language)], language)
    if len(repeated) >= MIN_REPEATED_KEYWORDS:
        return repeated[:MAX_BRAND_KEYWORDS]
    return choose_best_terms(possible, language)[:MAX_KEYWORDS_WITHOUT_REPEATS]


def choose_best_terms(terms: Sequence[KeywordTerm], language: str) -> list[KeywordTerm]:
    """Return the terms with the best scores, the best first."""
    scores = {term.stems: score_keyword_term(term, language) for term in terms}
    ranked = sorted(terms, key=lambda term: -scores[term.stems])
    worthy_terms = sum(scores[term.stems] >= MIN_KEYWORD_SCORE_SHARE * scores[ranked[0].stems] for term in ranked)
    return ranked[: max(worthy_terms, MIN_SUFFICIENT_KEYWORDS)]


def collect_keyword_terms(
    texts: Sequence[KeywordText], phrases_of_texts: Sequence[Sequence[KeywordPhrase]]
) -> list[KeywordTerm]:
    by_stems: dict[tuple[str, ...], KeywordTerm] = {}
    for number, (text, phrases) in enumerate(zip(texts, phrases_of_texts, strict=True)):
        for phrase in phrases:
            term = by_stems.setdefault(phrase.stems, KeywordTerm(phrase.keys, phrase.stems, number))
            term.add_use(phrase, number, text)
    return list(by_stems.values())


def are_headings_title_cased(texts: Sequence[KeywordText], phrases_of_texts: Sequence[Sequence[KeywordPhrase]]) -> bool:
    """Return whether most phrases of the headings have a capital on each word."""
    phrases = [
        phrase
        for text, phrases in zip(texts, phrases_of_texts, strict=True)
        for phrase in phrases
        if text.place == "heading" and len(phrase.keys) > 1
    ]
    return 2 * sum(phrase.is_capitalized for phrase in phrases) >= len(phrases)


def is_meaningful_term(term: KeywordTerm, language: str, names: Sequence[str]) -> bool:
    """Return whether a term is long enough, no part of the brand's names, and not generic."""
    min_chars = MIN_CJK_TERM_CHARS if language in CJK_NOUN_RUN_FINDERS else MIN_TERM_CHARS
    max_zipf = MAX_SINGLE_TITLE_WORD_ZIPF if "title" in term.places else MAX_SINGLE_WORD_ZIPF
    is_vague = len(term.keys) == 1 and get_word_zipf(term.keys[0], language) > max_zipf
    if is_vague or len(fold_text(term.display_form)) < min_chars:
        return False
    if fold_text(term.display_form) == fold_text(names[0]) or has_word_of_name(term, names, language):
        return False
    # A phrase with generic words at both ends is generic too.
    is_generic = is_generic_word(term.keys[0], language) and is_generic_word(term.keys[-1], language)
    return not is_generic and not is_generic_word(term.display_form, language)


def is_specific_word(key: str, language: str) -> bool:
    """Return whether a word alone, as a heading, is a topic: long and rare, without a hyphen as in `on-time`."""
    min_chars = MIN_SPECIFIC_CJK_WORD_CHARS if language in CJK_NOUN_RUN_FINDERS else MIN_SPECIFIC_WORD_CHARS
    return key.isalpha() and len(key) >= min_chars and get_word_zipf(key, language) < MAX_SPECIFIC_WORD_ZIPF


def has_word_of_name(term: KeywordTerm, names: Iterable[str], language: str) -> bool:
    """Return whether a term is a part of a name, and has a word that the language doesn't list.

    German compounds are mostly unlisted, so their parts of a name stay. In Japanese, Korean and Chinese each
    word of a name in Latin letters is one.
    """
    folded = fold_text(term.display_form)
    if language in CJK_NOUN_RUN_FINDERS and folded.isascii():
        return any(folded in fold_text(name) for name in names)
    has_unlisted_word = not has_noun_capitals(language) and any(is_unlisted_word(key, language) for key in term.keys)
    return has_unlisted_word and any(folded in fold_text(name) for name in names)


def has_noun_capitals(language: str) -> bool:
    grammar = load_lexicon(language).grammar
    return grammar is not None and grammar.capitals


def is_proper_name(term: KeywordTerm, language: str, *, is_title_cased: bool) -> bool:
    """Return whether a term is a name of a person or product: always in capitals, and not in the title.

    Where headings have capitals on all words, a name begins with a given name, or has a word that the language
    doesn't list.
    """
    if "title" in term.places or term.capitalized_uses < term.uses:
        return False
    if term.keys[0] in load_given_names():
        return True
    has_unlisted_word = any(is_unlisted_word(key, language) for key in term.keys)
    return not has_noun_capitals(language) and (has_unlisted_word or not is_title_cased)


def is_unlisted_word(key: str, language: str) -> bool:
    return all(get_word_zipf(part, language) == UNLISTED_WORD_ZIPF for part in key.split("-"))


def score_keyword_term(term: KeywordTerm, language: str) -> float:
    rarities = [max(0.0, MAX_MEANINGFUL_WORD_ZIPF - get_word_zipf(key, language)) for key in term.keys]
    rarity = sum(rarities) / len(rarities)
    rarity *= GENERIC_WORD_FACTOR ** sum(is_generic_word(key, language) for key in term.keys)
    if language in CJK_NOUN_RUN_FINDERS:
        rarity = min(rarity, MAX_CJK_RARITY) * min(1.3, 0.5 + 0.2 * len(term.display_form))
        length_factor = CJK_PHRASE_FACTOR if len(term.keys) > 1 else 1.0
    else:
        length_factor = SCORE_FACTOR_BY_WORDS[len(term.keys)]
    early_factor = 1 + 1 / (1 + term.first_text / EARLY_BONUS_HALF_LIFE_TEXTS)
    place_factor = TITLE_FACTOR if "title" in term.places else 1.0
    place_factor *= DESCRIPTION_FACTOR if "description" in term.places else 1.0
    return math.sqrt(term.weight) * rarity * length_factor * early_factor * place_factor
