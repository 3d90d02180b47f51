"""Texts of logos, such as `Logo of Acme`: the brand's name without the words around it.

The words of 15 languages are data in `logo_texts.json`. A text belongs to no language: authors copy English words.
"""

import json
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from workers.ingest.page.text import fold_text

#: Further words in the alternative text of a logo, since it links to the home page.
HOME_LINK_WORDS_PATTERN = re.compile(r"^(?:go|back)\s+to\s+|\s+home(?:\s*page)?$", re.IGNORECASE)
#: Turkish ending of a name before `logosu`.
TURKISH_GENITIVE_PATTERN = re.compile(r"['’]n?[ıiuü]n$")
#: Marks between a logo's word and the name, and empty brackets.
EDGE_MARKS = " -–—_|:,.()[]"
#: Characters of a logo's text from which it is no name.
MAX_LOGO_TEXT_CHARS = 120
#: Words `logo` in a text; further ones are left.
MAX_LOGO_WORDS = 3


class LogoTextPatterns(NamedTuple):
    """Patterns of the words in a logo's text, and the names of themes and generators, folded.

    `logo` is the word itself, `of` joins it with a name after it. Words such as `white` say which of the brand's logos
    it is: `attributes` has them at the end of a text, in lower case since a name may end with one. `nameless` is a
    text of such words alone, or with `your`.
    """

    logo: re.Pattern[str]
    of: re.Pattern[str]
    attributes: re.Pattern[str]
    nameless: re.Pattern[str]
    makers: frozenset[str]


@cache
def load_logo_text_patterns() -> LogoTextPatterns:
    data = json.loads(files(__package__).joinpath("logo_texts.json").read_text("utf-8"))
    spaced, unspaced = "|".join(data["logo"]["spaced"]), "|".join(data["logo"]["unspaced"])
    of = join_longest_first(word for words in data["of"].values() for word in words)
    attributes = join_longest_first(word for words in data["attributes"].values() for word in words)
    determiners = join_longest_first(word for words in data["determiners"].values() for word in words)
    return LogoTextPatterns(
        logo=re.compile(rf"\b(?:{spaced})\b|{unspaced}", re.IGNORECASE),
        of=re.compile(rf"\A(?:{of})(?:(?<=['’])|(?![\w'’]))\s*"),
        attributes=re.compile(rf"(?:(?<![\w'’])(?:{attributes})[\s_-]*)+$"),
        nameless=re.compile(rf"(?:(?:{determiners}|{attributes}|\d+)(?![^\W_])[\s_-]*)+", re.IGNORECASE),
        makers=frozenset(map(fold_text, data["makers"])),
    )


def join_longest_first(words: Iterable[str]) -> str:
    return "|".join(sorted(set(words), key=lambda word: (-len(word), word)))


def has_logo_word(text: str) -> bool:
    return load_logo_text_patterns().logo.search(text) is not None


def find_name_in_logo_text(text: str) -> str:
    """Return the name in a logo's alternative text; empty for a long text, a text of a theme, or without a name."""
    patterns = load_logo_text_patterns()
    name = text.strip(EDGE_MARKS) if len(text) <= MAX_LOGO_TEXT_CHARS else ""
    for _ in range(MAX_LOGO_WORDS):
        if word := patterns.logo.search(name):
            before, after = name[: word.start()].strip(EDGE_MARKS), name[word.end() :].strip(EDGE_MARKS)
            name = cut_logo_attributes(before) or cut_logo_attributes(patterns.of.sub("", after, count=1))
    name = HOME_LINK_WORDS_PATTERN.sub("", name).strip()
    return "" if fold_text(name) in patterns.makers else name


def cut_logo_attributes(text: str) -> str:
    """Return the name in a text beside the word logo, as in `Acme white`; empty for words such as `the company`."""
    patterns = load_logo_text_patterns()
    if patterns.nameless.fullmatch(text):
        return ""
    return TURKISH_GENITIVE_PATTERN.sub("", patterns.attributes.sub("", text).strip(EDGE_MARKS))
