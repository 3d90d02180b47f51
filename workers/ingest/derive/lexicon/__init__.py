"""What the rules know of each language: one file of words a language, read once."""

from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias

import msgspec
from msgspec import field

from workers.ingest.languages import primary


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """A way to address the reader: `word` names it, `words` show it, `formality` is what it says of the tone.

    Of an `inside` one the words count as they are written, and not first in a sentence: `Sie`, but not `sie`.
    """

    word: str
    words: list[str]
    formality: float
    inside: bool = False


Segment: TypeAlias = Literal["business", "developer", "consumer"]


class Lexicon(msgspec.Struct, frozen=True, kw_only=True):
    """`common` words say nothing of a brand, as every page or readme has them.

    `lix` are the LIX below which a text is plain and above which it is technical, where its words are as
    long as this language's. `roles` and `industries` go by their English names and have a language's forms;
    `suffix` is a pattern of what may be at a form's end, `follow` are the words that may come after it:
    others make it a part of a longer name, as in `student loans`. `cue`, `help`, `plain` and `whether` are
    patterns of what stands before those a thing is for: the first where it can mean nothing else, `help`
    where a verb follows them, `whether` before one of them. `use` finds what it helps them to do.
    Of the navigation's labels, `signposts` lead to those it is for, `tiers` name plans, `trade` sells to
    businesses and `technical` speaks to developers.
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
    tiers: list[str] = field(default_factory=list)
    trade: list[str] = field(default_factory=list)
    technical: list[str] = field(default_factory=list)


EMPTY = Lexicon()


@cache
def lexicon(language: str | None) -> Lexicon:
    """Of a tag's language; empty for one that there are no rules for."""
    source = files(__name__).joinpath(f"{primary(language)}.json") if language else None
    known = source is not None and source.is_file()
    return msgspec.json.decode(source.read_bytes(), type=Lexicon) if known and source else EMPTY
