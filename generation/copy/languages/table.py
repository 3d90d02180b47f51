"""Table of a language: formulas around a brand's names, and patterns for its sentences.

Words are in blocks, separated by blanks. In an entry `_` is a blank or a hyphen, and `*` any letters.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

#: Placeholder for the app's name in a lead-in pattern.
LEAD_IN_APP_NAME_PLACEHOLDER = "{app}"
Tone = Literal["plain", "casual", "playful", "warm", "professional", "enthusiastic"]
ReaderAddress = Literal["familiar", "formal"]


class CopyFormulas(NamedTuple):
    """Templates with slots for names only, so that no word has to agree with a slot's text."""

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

    def with_tone_templates(self, *, visit: str, **others: Any) -> "CopyFormulas":
        """Return these formulas with the templates of another tone; `ending` is its `visit` as a sentence."""
        ending = visit if visit.endswith("!") else f"{visit}."
        return self._replace(visit=visit, ending=ending, **others)


class LanguageTable(NamedTuple):
    """One language. `tones` are its formulas in other tones than the plain one, `addressed` those of the plain one
    with a form of address.

    `leads` are cut off a clause's beginning, in this order; `tails` off its end. `open_ends` are words that
    need a continuation. `back` are beginnings that refer to the sentence before, `theirs` words that refer to
    the half before. `more` begins an addition to a complete sentence, `bare` an addition without a comma.
    `joints` begins a half with its own verb. `limits` are restrictive words: a sentence is false without
    them. `never` are claims, by kind; `asides` are topics other than the product. `force` changes a claim,
    `glue` doesn't.
    """

    formulas: CopyFormulas
    tones: Mapping[Tone, CopyFormulas]
    addressed: Mapping[ReaderAddress, Mapping[str, Any]]
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


def compile_word_entry_pattern(*blocks: str) -> re.Pattern[str]:
    """Return a pattern of the blocks' entries as whole words in any case; without entries, it matches nothing."""
    words = (word for block in blocks for word in block.split())
    alternatives = "|".join(re.escape(word).replace(r"\*", r"\w*").replace("_", r"[\s\-‑]+") for word in words)
    return re.compile(rf"(?<!\w)(?:{alternatives or '(?!)'})(?!\w)", re.IGNORECASE)
