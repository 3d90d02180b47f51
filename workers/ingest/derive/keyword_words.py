"""Words and endings of each language for keywords: generic headings, links inside phrases, verbs."""

import re
from functools import cache
from importlib.resources import files

import msgspec
import stopwordsiso

from workers.ingest.derive.frequencies import list_function_words
from workers.ingest.derive.lexicon import NounRecognitionRules, load_lexicon

NEVER_MATCHING_REGEX = "(?!)"
#: The rest of a word after its beginning.
WORD_REST_PATTERN = re.compile(r"\w*")


class KeywordWords(msgspec.Struct, frozen=True, kw_only=True):
    """Words of one language. Lists of words are separated by blanks; the others are patterns of a whole word.

    `generic` words head a part of any page or praise any brand; one that ends in `*` stands for all words that
    begin so. `links` are a pattern of the words between two words of a phrase, as `de la` in Romance languages.
    `imperatives` may begin a clause, and are no part of its first phrase. `verbs`, `adjectives` and
    `prepositions` complete or replace a lexicon's grammar. The noun of a phrase is its `first` word. `oblique`
    words are in another case than the nominative, if the language has cases. `joins`, `articles` and the `inner`
    words of a phrase are lists. A heading with a match of `offers` is above services or products, one of `asides`
    is above reasons, steps, people, news or projects. English has `anywhere` the units and names of networks that
    stand on pages of any language.
    """

    generic: str = ""
    stopwords: str = ""
    links: str = NEVER_MATCHING_REGEX
    imperatives: str = NEVER_MATCHING_REGEX
    verbs: str = NEVER_MATCHING_REGEX
    adjectives: str = NEVER_MATCHING_REGEX
    prepositions: str = ""
    first: bool = False
    oblique: str | None = None
    joins: str = ""
    articles: str = ""
    inner: str = ""
    offers: str = NEVER_MATCHING_REGEX
    asides: str = NEVER_MATCHING_REGEX
    anywhere: str = ""


@cache
def load_all_keyword_words() -> dict[str, KeywordWords]:
    data = files(__package__).joinpath("keyword_words.json").read_bytes()
    return msgspec.json.decode(data, type=dict[str, KeywordWords])


@cache
def load_given_names() -> frozenset[str]:
    """Return the commonest given names of Europe and America in lower case, in Latin and Cyrillic letters."""
    return frozenset(files(__package__).joinpath("given_names.txt").read_text("utf-8").split())


def load_keyword_words(language: str) -> KeywordWords:
    return load_all_keyword_words().get(language, KeywordWords())


def is_generic_word(word: str, language: str) -> bool:
    """Return whether a word is a generic one of the language or of English, which stands on pages of any language."""
    words, beginnings = load_generic_words(language)
    if word in words or not word.startswith(beginnings):
        return word in words
    return any(word.startswith(start) and WORD_REST_PATTERN.fullmatch(word, len(start)) for start in beginnings)


@cache
def load_generic_words(language: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the generic words of the language and of English, and the beginnings of further ones."""
    words = f"{load_keyword_words(language).generic} {load_keyword_words('en').generic}".split()
    return frozenset(words), tuple(word.removesuffix("*") for word in words if word.endswith("*"))


@cache
def load_keyword_stop_words(language: str) -> frozenset[str]:
    """Return the words of the language, and English ones, that are never in a keyword, in lower case."""
    languages = {"en", language}
    listed = stopwordsiso.stopwords([tag for tag in languages if stopwordsiso.has_lang(tag)])
    return frozenset(listed).union(
        *(load_lexicon(tag).common for tag in languages),
        *(load_keyword_words(tag).stopwords.split() for tag in languages),
        list_function_words(language),
    )


def build_keyword_grammar(language: str) -> NounRecognitionRules:
    """Return the lexicon's grammar of the language; without one, a grammar of the few words known for keywords."""
    words = load_keyword_words(language)
    return load_lexicon(language).grammar or NounRecognitionRules(
        determiners=[],
        prepositions=words.prepositions.split(),
        genitive=[],
        joins=[],
        verbal=[],
        degrees=[],
        objects=[],
        nouns=NEVER_MATCHING_REGEX,
        adjectives=words.adjectives,
        verbs=words.verbs,
        gerunds=NEVER_MATCHING_REGEX,
        plural=NEVER_MATCHING_REGEX,
        attached=NEVER_MATCHING_REGEX,
        first=words.first,
        capitals=False,
    )
