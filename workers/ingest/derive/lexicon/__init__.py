"""Lexicon of each language: one JSON file of words, read once."""

from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias

import msgspec
from msgspec import field

from workers.ingest.languages import primary


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Form of address: `word` names it, `words` show it, `formality` is its part in the tone.

    Words of an `inside` one count in their own case and not first in a sentence: `Sie`, but not `sie`.
    """

    word: str
    words: list[str]
    formality: float
    inside: bool = False


class Grammar(msgspec.Struct, frozen=True, kw_only=True):
    """Words and endings that tell nouns of a language from its verbs and adjectives.

    Words: `determiners` and `prepositions` stand before nouns, `genitive` ones after them, `verbal` ones
    before verbs, `degrees` before adjectives, `joins` between any, `objects` after verbs. Endings are
    patterns of a whole word: those of `nouns`, `adjectives`, `verbs` (and adverbs), `gerunds`, of a `plural`,
    and of a word that is `attached` to the noun after it. The noun of a phrase stands `first`, else last.
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


Segment: TypeAlias = Literal["business", "developer", "consumer"]
#: What a sentence is about that doesn't say what a product does.
Aside: TypeAlias = Literal["state", "news", "history", "price", "praise", "request", "greeting"]


class Lexicon(msgspec.Struct, frozen=True, kw_only=True):
    """Words and patterns of one language.

    `common` words are on every page or readme. `lix` has the LIX below which a text is plain, and above which
    it is technical. `roles` and `industries` map English names to forms in the language; `suffix` is a
    pattern for a form's end. `follow` has the words that may come after a form: others make it a part of a
    longer name, as in `student loans`.

    `cue`, `help`, `plain` and `whether` are patterns of words before the people that a product is for: `cue`
    where they mean nothing else, `help` where a verb follows, `whether` before a single one. `use` finds what
    the product helps to do. Of labels, `signposts` lead to such people. `grammar` tells nouns.

    `asides` are patterns within sentences that don't say what a product does, or at their beginning.
    """

    common: list[str] = field(default_factory=list)
    address: list[Address] = field(default_factory=list)
    we: list[str] = field(default_factory=list)
    contraction: str = "(?!)"
    slang: list[str] = field(default_factory=list)
    delight: list[str] = field(default_factory=list)
    lix: tuple[float, float] | None = None
    roles: dict[Segment, dict[str, list[str]]] = field(default_factory=dict)
    industries: dict[str, list[str]] = field(default_factory=dict)
    suffix: str = ""
    cue: str = "(?!)"
    help: str = "(?!)"
    plain: str = "(?!)"
    whether: str = "(?!)"
    follow: list[str] = field(default_factory=list)
    use: str = "(?!)"
    signposts: list[str] = field(default_factory=list)
    grammar: Grammar | None = None
    asides: dict[Aside, str] = field(default_factory=dict)


EMPTY = Lexicon()


@cache
def lexicon(language: str | None) -> Lexicon:
    """The lexicon of a tag's language; an empty one where there is no file."""
    source = files(__name__).joinpath(f"{primary(language)}.json") if language else None
    known = source is not None and source.is_file()
    return msgspec.json.decode(source.read_bytes(), type=Lexicon) if known and source else EMPTY
