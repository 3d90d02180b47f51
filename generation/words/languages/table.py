"""Table of a language: formulas around a brand's names, and how its sentences are read.

Words stand in blocks, one entry a blank; in an entry `_` is a blank or a hyphen and `*` any letters.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

#: Name that a pattern of lead-ins has for the app's own.
APP = "{app}"
Tone = Literal["plain", "casual", "playful", "warm", "professional", "enthusiastic"]


class Formulas(NamedTuple):
    """Texts with slots for names alone, so that none has to agree with what fills it."""

    keyword: str
    audience: str
    number: str
    meet: tuple[str, ...]
    casual: str
    recap: str
    try_it: str
    visit: str
    apple: str
    google: str
    ending: str
    swipe: str
    about: str
    save: str
    presenter: str


class Table(NamedTuple):
    """One language. `tones` are its formulas in other tones than the plain one.

    `leads` are cut off a clause's beginning, in this order; `tails` off its end. `open_ends` are words that
    something has to follow, `back` are beginnings that mean nothing without the sentence before, `theirs`
    words that mean nothing without the half before. `more` begins an addition to a
    sentence that is complete without it, and `bare` one without a comma. `joints` begin a half with its own
    verb. `limits` begin a condition of the sentence. `never` are claims, by their kind; `asides`
    what is not about the product. `force` changes what is claimed, `glue` doesn't.
    """

    formulas: Formulas
    tones: Mapping[Tone, Formulas]
    leads: tuple[str, ...]
    tails: str
    open_ends: str
    back: str
    theirs: str
    more: str
    bare: str
    joints: str
    limits: str
    never: Mapping[str, str]
    asides: str
    force: str
    glue: str


def entries(block: str) -> Iterable[str]:
    for word in block.split():
        yield re.escape(word).replace(r"\*", r"\w*").replace("_", r"[\s\-‑]+")


def any_of(*blocks: str) -> re.Pattern[str]:
    """Any entry of the blocks as whole words; of none no text."""
    found = "|".join(entry for block in blocks for entry in entries(block))
    return re.compile(rf"(?<!\w)(?:{found or '(?!)'})(?!\w)", re.IGNORECASE)
