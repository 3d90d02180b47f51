"""Lexicon of each language: one JSON file of words, read once."""

from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias

import msgspec
from msgspec import field

from workers.ingest.languages import primary_language_subtag


class NounRecognitionRules(msgspec.Struct, frozen=True, kw_only=True):
    """Words and endings that distinguish nouns of a language from its verbs and adjectives.

    Words: `determiners` and `prepositions` precede nouns, `genitive` ones follow them, `verbal` ones
    precede verbs, `degrees` precede adjectives, `joins` are between any, `objects` follow verbs. Endings
    are patterns of a whole word: those of `nouns`, `adjectives`, `verbs` (and adverbs), `gerunds`, of a
    `plural`, and of a word that is `attached` to the noun after it. The noun of a phrase is `first`, else
    last.
    `capitals`: nouns begin with one.
    """

    determiners: list[str]
    prepositions: list[str]
    genitive: list[str]
    joins: list[str]
    verbal: list[str]
    degrees: list[str]
    objects: list[str]
    nouns: str
    adjectives: str
    verbs: str
    gerunds: str
    plural: str
    attached: str
    first: bool
    capitals: bool


CustomerSegment: TypeAlias = Literal["business", "developer", "consumer"]
#: Subjects of sentences that don't describe the product.
OffTopicSubject: TypeAlias = Literal["state", "news", "history", "price", "praise", "request", "greeting"]


class IngestLexicon(msgspec.Struct, frozen=True, kw_only=True):
    """Words and patterns of one language.

    `common` words are on every page or readme. `we` are words for the brand itself. `roles` map
    English names to forms in the language, the citation form first; `suffix` is a pattern for a form's end.
    `follow` has the words that may follow a form: any other word makes it a part of a longer name, as in
    `student loans`.

    `cue`, `help`, `plain` and `whether` are patterns of words before the product's intended users: `cue`
    if the words have no other meaning, `help` before a verb, `whether` before a single person. `use`
    matches the use of the product. Among labels, `signposts` lead to such users. `grammar` detects nouns.

    `asides` are patterns of the skip rules: they match at the beginning of sentences, or inside them, that
    don't describe the product.
    """

    common: list[str] = field(default_factory=list)
    we: list[str] = field(default_factory=list)
    roles: dict[CustomerSegment, dict[str, list[str]]] = field(default_factory=dict)
    suffix: str = ""
    cue: str = "(?!)"
    help: str = "(?!)"
    plain: str = "(?!)"
    whether: str = "(?!)"
    follow: list[str] = field(default_factory=list)
    use: str = "(?!)"
    signposts: list[str] = field(default_factory=list)
    grammar: NounRecognitionRules | None = None
    asides: dict[OffTopicSubject, str] = field(default_factory=dict)


EMPTY_LEXICON = IngestLexicon()


@cache
def load_lexicon(language: str | None) -> IngestLexicon:
    """Return the lexicon of a language tag's language. Return an empty one if there is none, or for None."""
    source = files(__name__).joinpath(f"{primary_language_subtag(language)}.json") if language else None
    has_file = source is not None and source.is_file()
    return msgspec.json.decode(source.read_bytes(), type=IngestLexicon) if has_file and source else EMPTY_LEXICON
