"""Words of links to a page about the brand, such as *About us*, in their texts and addresses."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from itertools import product
from typing import NamedTuple

from workers.ingest.page.text import fold_text

#: Words of a link to a page about the brand at most: a longer text names an article.
MAX_ABOUT_LINK_WORDS = 6
MIN_BRAND_NAME_CHARS = 2
#: Numbers of links and of copied pages, as in `01 About us` and `about-us-2`.
DIGITS = "0123456789"
#: Letters of scripts without blanks, and Hangul: its particles have no blank before them.
UNSPACED_LETTER_PATTERN = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
#: Letters that Unicode doesn't decompose, as addresses write them.
LETTERS_IN_ADDRESSES = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "ß": "ss"})
GERMAN_UMLAUTS_IN_ADDRESSES = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


class AboutWords(NamedTuple):
    """Texts of links to a page about the brand, folded, and the pattern of a text with the brand's name.

    `about` has texts such as *About us*. `any` also has those of a page on a part of it, such as *Our mission*.
    """

    about: frozenset[str]
    any: frozenset[str]
    with_name: re.Pattern[str]


@cache
def load_about_words() -> AboutWords:
    data: dict[str, dict[str, list[str]]] = json.loads(
        files(__package__).joinpath("about_words.json").read_text("utf-8")
    )
    tables = data.values()
    before = [word.casefold() for table in tables for word in table.get("before", ())]
    after = [word.casefold() for table in tables for word in table.get("after", ())]
    organizations = (text for table in tables for text in combine_with_organizations(table))
    company = fold_with_spellings(text for table in tables for text in table["company"])
    about = fold_with_spellings([*(text for table in tables for text in table["about"]), *organizations])
    pattern = re.compile(rf"(?:{join_alternatives(before)})(.+)|(.+?)\s*(?:{'|'.join(map(re.escape, after))})")
    return AboutWords(frozenset(about), frozenset(about | company), pattern)


def find_names_in_links(name: str | None, domain_label: str) -> frozenset[str]:
    """Return the names that links may have for the brand, folded: its name, its first or last word, its domain."""
    words = (name or "").split()
    folded = map(fold_text, (name or "", *words[:1], *words[-1:], domain_label))
    return frozenset(text for text in folded if len(text) >= MIN_BRAND_NAME_CHARS)


def rank_about_text(text: str, names: frozenset[str]) -> int | None:
    """Return 0 for a text such as *About us* or *About Acme*, 1 for *Our mission* and the like, None for another.

    The whole text counts, without numbers. It may be two such texts, as in *Über uns About*.
    """
    words = [word for part in text.split()[: MAX_ABOUT_LINK_WORDS + 1] if (word := fold_text(part).strip(DIGITS))]
    if not 0 < len(words) <= MAX_ABOUT_LINK_WORDS:
        return None
    table = load_about_words()
    whole = "".join(words)
    halves = [{"".join(words[:end]), "".join(words[end:])} for end in range(1, len(words))]
    if whole in table.about or any(map(table.about.issuperset, halves)):
        return 0
    if any(map(fold_text(text).__contains__, names)):
        match = table.with_name.fullmatch(text.casefold().replace("’", "'").strip())
        if match and fold_text(match[1] or match[2]) in names:
            return 0
    return 1 if whole in table.any or any(map(table.any.issuperset, halves)) else None


def combine_with_organizations(table: dict[str, list[str]]) -> Iterator[str]:
    """Yield a language's words before or after each kind of organization, as in `about the school`."""
    kinds = table.get("kinds", [])
    yield from map(" ".join, product(table.get("before", ()), kinds))
    yield from map(" ".join, product(kinds, table.get("after", ())))


def fold_with_spellings(texts: Iterable[str]) -> set[str]:
    """Return the texts folded, also as addresses spell them: `über uns` as `uberuns` and `ueberuns`, too."""
    return {fold_text(spelling) for text in texts for spelling in (text, *spell_in_addresses(text))}


def spell_in_addresses(text: str) -> list[str]:
    return [
        "".join(letter for letter in unicodedata.normalize("NFKD", spelled) if not unicodedata.combining(letter))
        for spelled in (text.translate(LETTERS_IN_ADDRESSES), text.translate(GERMAN_UMLAUTS_IN_ADDRESSES))
    ]


def join_alternatives(words: list[str]) -> str:
    """Return the alternatives of a pattern, each with the blank that its script needs before a name."""
    return "|".join(
        re.escape(word) + (r"\s*" if UNSPACED_LETTER_PATTERN.match(word[-1]) or not word[-1].isalpha() else r"\s+")
        for word in sorted(words, key=len, reverse=True)
    )
