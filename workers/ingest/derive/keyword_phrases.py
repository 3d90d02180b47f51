"""Noun phrases of texts in any language: the possible keywords, as they stand in the text."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from workers.ingest.derive.cjk_nouns import CJK_NOUN_RUN_FINDERS, MAX_CJK_NOUN_CHARS, MAX_CJK_TEXT_CHARS
from workers.ingest.derive.clauses import PositionedWord, has_capitals_marking_nouns, tokenize_clauses
from workers.ingest.derive.keyword_words import build_keyword_grammar, load_keyword_stop_words, load_keyword_words
from workers.ingest.derive.lexicon import load_lexicon
from workers.ingest.derive.nouns import (
    MIN_POINTS_AS_NOUN,
    NounRules,
    PartOfSpeechPoints,
    cached_stem_of,
    count_part_of_speech_points,
    find_noun_phrase_run_bounds,
)
from workers.ingest.page.text import fold_text

MAX_KEYWORD_PHRASE_WORDS = 3
#: Words of a Chinese or Korean phrase at most. A shorter run is only taken whole.
MAX_CJK_PHRASE_WORDS = 4
#: Link words between two words of a phrase at most, as in `droit de la famille`.
MAX_LINKS_BETWEEN_WORDS = 2
#: Characters that the forms of an inflected word share: all but the last two, but four at least and six at most.
MIN_INFLECTED_STEM_CHARS = 4
MAX_INFLECTED_STEM_CHARS = 6
MAX_INFLECTED_ENDING_CHARS = 2
#: Key of the brand's name: a single character, so that it never counts as a meaningful word.
BRAND_NAME_MASK_WORD = "≡"
MAX_BRAND_NAME_WORDS = 6
#: Stop words that begin names of places, also where all words have capitals.
NAME_OPENING_WORDS = frozenset({"new", "great", "north", "south", "east", "west", "san", "los", "las"})
#: A phrase as it stands in its text, without marks between its words.
PHRASE_FORM_PATTERN = re.compile(r"\w[\w+#.'’-]*(?: \w[\w+#.'’-]*)*")


class KeywordPhrase(NamedTuple):
    """Possible keyword: the keys and stems of its words without links, and its `form` in the text, in lower case.

    `start` is its place in the text. `is_whole` means that no further word of its noun phrase is left out,
    `has_head` that it has the phrase's noun. A form in another case than the nominative is not `is_base_form`.
    With `is_capitalized` each of its words, two at least, has a capital.
    """

    keys: tuple[str, ...]
    stems: tuple[str, ...]
    form: str
    start: int
    is_whole: bool
    has_head: bool
    is_base_form: bool = True
    is_capitalized: bool = False


class WordRun(NamedTuple):
    """Run of words that may be a noun phrase. `links` are the indexes of its link words.

    An `opener` is the key of the word before the run in its clause, "" for none.
    """

    words: list[PositionedWord]
    links: frozenset[int]
    opener: str


def list_keyword_phrases(
    shown_texts: Sequence[str], body_texts: Sequence[str], language: str, name: str
) -> list[list[KeywordPhrase]]:
    """Return the possible keywords of each text, without the brand's `name`; of a body only those in a shown text."""
    texts = [*shown_texts, *body_texts]
    if language in CJK_NOUN_RUN_FINDERS:
        return [list(find_cjk_phrases(text, language)) for text in texts]
    return SpacedPhraseFinder(texts, language, fold_text(name)).list_phrases(len(shown_texts))


def find_cjk_phrases(text: str, language: str) -> Iterator[KeywordPhrase]:
    """Yield the noun runs of a Japanese, Korean or Chinese text, and the parts of long ones."""
    for run in CJK_NOUN_RUN_FINDERS[language](text[:MAX_CJK_TEXT_CHARS]):
        size = min(len(run), MAX_CJK_PHRASE_WORDS)
        for start in range(len(run) - size + 1):
            words = run[start : start + size]
            form = text[words[0].start : words[-1].start + len(words[-1].text)].lower()
            if len(form) <= MAX_CJK_NOUN_CHARS and PHRASE_FORM_PATTERN.fullmatch(form):
                keys = tuple(word.key for word in words)
                yield KeywordPhrase(keys, keys, form, words[0].start, is_whole=size == len(run), has_head=True)


class SpacedPhraseFinder:
    """Finder of noun phrases in texts of a language with blanks between its words.

    All texts together show which words are verbs (`nouns.py`).
    """

    def __init__(self, texts: Sequence[str], language: str, name: str) -> None:
        self.texts, self.language = texts, language
        self.words = load_keyword_words(language)
        self.links = re.compile(self.words.links)
        self.prepositions = frozenset(self.words.prepositions.split())
        self.oblique = re.compile(self.words.oblique) if self.words.oblique else None
        self.imperatives = re.compile(self.words.imperatives)
        self.verbs, self.adjectives = re.compile(self.words.verbs), re.compile(self.words.adjectives)
        self.rules = NounRules(build_keyword_grammar(language), load_keyword_stop_words(language))
        self.clauses = [list(mask_brand_name_in_clauses(text, name, language)) for text in texts]
        self.points = count_part_of_speech_points([clause for some in self.clauses for clause in some], self.rules)

    def list_phrases(self, shown_texts: int) -> list[list[KeywordPhrase]]:
        """Return the phrases of each text; from the text `shown_texts` on only phrases of an earlier text."""
        phrases_of_texts: list[list[KeywordPhrase]] = []
        known: frozenset[tuple[str, ...]] | None = None
        for number, (text, clauses) in enumerate(zip(self.texts, self.clauses, strict=True)):
            if number == shown_texts:
                known = frozenset(phrase.stems for phrases in phrases_of_texts for phrase in phrases)
            runs = (run for clause in clauses for run in self.find_runs(clause))
            phrases_of_texts.append([phrase for run in runs for phrase in self.find_phrases_in_run(run, text, known)])
        return phrases_of_texts

    def find_runs(self, clause: list[PositionedWord]) -> Iterator[WordRun]:
        """Yield the runs of nouns and adjectives in a clause, joined across the language's link words."""
        start, end = 0, 0
        links: set[int] = set()
        for run_start, run_end in [*find_noun_phrase_run_bounds(clause, self.rules, self.points), (-1, -1)]:
            between = clause[end:run_start] if end <= run_start else []
            is_near = 0 < len(between) <= MAX_LINKS_BETWEEN_WORDS
            if end and is_near and self.links.fullmatch(" ".join(word.key for word in between)):
                links.update(range(end, run_start))
                end = run_end
                continue
            if end:
                yield self.build_run(clause, start, end, links)
            start, end, links = run_start, run_end, set()

    def build_run(self, clause: list[PositionedWord], start: int, end: int, links: set[int]) -> WordRun:
        """Build the run of a clause's words from `start` to `end`, without an imperative or a verb at its beginning."""
        while start < end - 1 and (start in links or self.is_leading_verb(clause, start)):
            start += 1
        if start and is_inside_name(clause, start):
            start += 1
        opener = clause[start - 1].key if start else ""
        return WordRun(clause[start:end], frozenset(link - start for link in links), opener)

    def is_leading_verb(self, clause: list[PositionedWord], place: int) -> bool:
        key = clause[place].key
        return self.verbs.fullmatch(key) is not None or (place == 0 and self.imperatives.fullmatch(key) is not None)

    def find_phrases_in_run(
        self, run: WordRun, text: str, known: frozenset[tuple[str, ...]] | None
    ) -> Iterator[KeywordPhrase]:
        """Yield the parts of a run that have its noun, or the noun after a link; only `known` ones if given."""
        places = [place for place in range(len(run.words)) if place not in run.links]
        stems = [stem_keyword_word(run.words[place].key, self.language) for place in places]
        for first, first_place in enumerate(places):
            if self.rules.grammar.first and first and first_place - 1 not in run.links:
                continue
            for end in range(first + 1, min(first + MAX_KEYWORD_PHRASE_WORDS, len(places)) + 1):
                part = tuple(stems[first:end])
                if known is not None and part not in known:
                    continue
                words = [run.words[place] for place in places[first:end]]
                phrase = self.build_phrase(words, part, text, is_first=first == 0, is_last=end == len(places))
                if phrase:
                    yield phrase._replace(is_base_form=self.is_base_form(words, run.opener))

    def is_base_form(self, words: list[PositionedWord], opener: str) -> bool:
        """Return whether a phrase may be in the nominative, by its first word and an adjective after it."""
        if self.oblique is None:
            return True
        is_pair = len(words) == 2 and self.adjectives.fullmatch(words[1].key) is not None
        checked = words if is_pair else words[:1]
        return opener not in self.prepositions and not any(self.oblique.fullmatch(word.key) for word in checked)

    def build_phrase(
        self, words: list[PositionedWord], stems: tuple[str, ...], text: str, *, is_first: bool, is_last: bool
    ) -> KeywordPhrase | None:
        """Build the phrase of a run's words; None if its head is no noun, or if it repeats a word."""
        is_head_first = self.rules.grammar.first
        head = words[0 if is_head_first else -1]
        is_verbal = any(self.verbs.fullmatch(word.key) for word in words)
        if is_verbal or len({*stems}) < len(stems) or not self.may_be_noun(head, is_alone=len(words) == 1):
            return None
        form = self.cut_form(words, text)
        if form is None:
            return None
        return KeywordPhrase(
            keys=tuple(word.key for word in words),
            stems=stems,
            form=form,
            start=words[0].start,
            is_whole=is_first and is_last,
            has_head=is_first if is_head_first else is_last,
            is_capitalized=len(words) > 1 and all(word.text[0].isupper() for word in words),
        )

    def may_be_noun(self, word: PositionedWord, *, is_alone: bool) -> bool:
        """Return whether the texts use the word as a noun rather than as a verb or adjective."""
        if self.rules.grammar.capitals and word.text[0].islower():
            return False
        if is_alone and (self.imperatives.fullmatch(word.key) or self.adjectives.fullmatch(word.key)):
            return False
        points: PartOfSpeechPoints = self.points[cached_stem_of(word.key)]
        has_adjective_ending = self.rules.matches_word_ending("adjectives", word)
        if is_alone and has_adjective_ending and points.noun <= points.adjective + MIN_POINTS_AS_NOUN:
            return False
        if points.is_noun:
            return True
        if is_alone and points.adjective > points.noun:
            return False
        return points.verb <= points.noun and points.adjective < points.noun + 2 and points.next_to_number < points.uses

    def cut_form(self, words: list[PositionedWord], text: str) -> str | None:
        """Return the phrase as it stands in the text, in lower case; None if there are marks between its words."""
        plain = text.replace("’", "'")
        start = plain.find(words[0].text, words[0].start)
        end = plain.find(words[-1].text, words[-1].start) + len(words[-1].text)
        form = " ".join(lower_text(text[start:end], self.language).split())
        return form if start >= 0 and PHRASE_FORM_PATTERN.fullmatch(form) else None


def stem_keyword_word(key: str, language: str) -> str:
    """Return what the word's forms share. A language without a grammar is taken for an inflecting one."""
    if load_lexicon(language).grammar:
        return cached_stem_of(key)
    shared_chars = min(len(key) - MAX_INFLECTED_ENDING_CHARS, MAX_INFLECTED_STEM_CHARS)
    return key[: max(MIN_INFLECTED_STEM_CHARS, shared_chars)]


def is_inside_name(clause: list[PositionedWord], place: int) -> bool:
    """Return whether a clause's word continues a name that began with the stop word before it: `New Jersey`."""
    before, word = clause[place - 1], clause[place]
    if not (before.text[0].isupper() and word.text[0].isupper()):
        return False
    return before.key in NAME_OPENING_WORDS or (not before.initial and has_capitals_marking_nouns(clause))


def mask_brand_name_in_clauses(text: str, name: str, language: str) -> Iterator[list[PositionedWord]]:
    """Yield the clauses of a text, with the words of the brand's folded `name` replaced by one neutral word."""
    for clause in tokenize_clauses(text):
        words = list(map(cut_turkish_suffix, clause)) if language == "tr" else clause
        start = 0
        replaced: list[PositionedWord] = []
        while start < len(words):
            word = words[start]
            size = count_words_of_brand_name_at_position(words, start, name) if word.key[0] == name[:1] else 0
            replaced.append(word._replace(key=BRAND_NAME_MASK_WORD) if size else word)
            start += size or 1
        yield replaced


def cut_turkish_suffix(word: PositionedWord) -> PositionedWord:
    """Return the word without the suffix after its apostrophe, as in `İstanbul'da`, and with a Turkish lower case."""
    text = word.text.partition("'")[0] or word.text
    return word._replace(text=text, key=lower_text(text, "tr"))


def lower_text(text: str, language: str) -> str:
    """Return the text in lower case. Turkish has two pairs: `İ` and `i`, `I` and `ı`."""
    return text.replace("İ", "i").replace("I", "ı").lower() if language == "tr" else text.lower()


def count_words_of_brand_name_at_position(words: list[PositionedWord], start: int, name: str) -> int:
    """Count the words of a clause from `start` on that are the brand's folded `name`; 0 if they aren't, or over six."""
    joined = ""
    for size, word in enumerate(words[start : start + MAX_BRAND_NAME_WORDS], start=1):
        joined += fold_text(word.key)
        if joined == name:
            return size
        if not name.startswith(joined):
            return 0
    return 0
