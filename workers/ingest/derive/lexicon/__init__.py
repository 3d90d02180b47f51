"""What the rules know of each language: one file of words a language, read once."""

from functools import cache
from importlib.resources import files

import msgspec
from msgspec import field

from workers.ingest.languages import primary


class Lexicon(msgspec.Struct, frozen=True, kw_only=True):
    """`common` words say nothing of a brand, as every page or readme has them."""

    common: list[str] = field(default_factory=list)


EMPTY = Lexicon()


@cache
def lexicon(language: str | None) -> Lexicon:
    """Of a tag's language; empty for one that there are no rules for."""
    source = files(__name__).joinpath(f"{primary(language)}.json") if language else None
    known = source is not None and source.is_file()
    return msgspec.json.decode(source.read_bytes(), type=Lexicon) if known and source else EMPTY
