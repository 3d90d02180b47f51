"""Table of a language: the words that the writer adds to a brand's own, and patterns for a brand's sentences.

The tables are the files `data/*.toml`. In a block, words are separated by blanks. In an entry `_` is a blank or a
hyphen, and `*` any letters.
"""

import re
from collections.abc import Mapping
from functools import cache
from string import Formatter
from typing import Literal

import msgspec
from msgspec import field

from generation.copy import texts
from generation.spec import CopyIntent

#: Placeholder for the app's name in a lead-in pattern.
LEAD_IN_APP_NAME_PLACEHOLDER = "{app}"
#: Placeholder for the pattern of the product as a subject in a lead-in pattern.
LEAD_IN_SUBJECT_PLACEHOLDER = "{subject}"
#: Register of a line: `any` fits both others.
Register = Literal["any", "casual", "formal"]
#: Slots of a shape. Those with a capital are filled with a capital.
SHAPE_SLOTS = frozenset({"name", "keyword", "Keyword", "item", "place", "audience", "Audience", "number", "line"})
#: A letter or one of its vowel signs.
_LETTER_CLASS = rf"[\w{texts.COMBINING_MARKS}]"
_UNSPACED_ENTRY_PATTERN = re.compile(f"[{texts.UNSPACED_SCRIPT_RANGES}]")


class TableStruct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of a table's parts: unknown keys are refused."""


class HookShape(TableStruct, frozen=True, kw_only=True):
    """Template of a hook, with slots that need no agreement. `only` are the calls of the trades that it fits."""

    intent: CopyIntent
    tone: Register
    text: str
    only: frozenset[str] = frozenset()

    @property
    def slots(self) -> frozenset[str]:
        return list_template_slots(self.text)


class RegisterTexts(TableStruct, frozen=True, kw_only=True):
    """A template by register; `any` is the one of a register without its own."""

    any: str
    casual: str = ""
    formal: str = ""

    def choose(self, register: Register) -> str:
        return getattr(self, register) or self.any


class RegisterLists(TableStruct, frozen=True, kw_only=True):
    """Templates by register; those of `any` serve a register without its own."""

    any: list[str]
    casual: list[str] = field(default_factory=list)
    formal: list[str] = field(default_factory=list)

    def choose(self, register: Register) -> list[str]:
        return getattr(self, register) or self.any


class FixedLabels(TableStruct, frozen=True, kw_only=True):
    """Labels without slots."""

    swipe: str
    about: str
    save: str
    apple: str
    google: str


class ChipTemplates(TableStruct, frozen=True, kw_only=True):
    """Templates of a short label: of the brand's town, and of one of its services."""

    place: str
    item: str


class SentenceReading(TableStruct, frozen=True, kw_only=True):
    """Patterns and word blocks of a brand's sentences; an empty block matches nothing.

    `leads` are cut off a clause's beginning, in this order; `tails` off its end. `subject` is the product as the
    subject of a lead. `open_ends` are words that need a continuation. `back` are beginnings that refer to the
    sentence before, `theirs` words that refer to the half before. `more` begins an addition to a complete
    sentence, `bare` an addition without a comma. `joints` begins a half with its own verb. `limits` are
    restrictive words: a sentence is false without them. `asides` are topics other than the product. `force`
    changes a claim, `glue` doesn't.
    """

    leads: list[str] = field(default_factory=list)
    subject: str = ""
    tails: str = ""
    open_ends: str = ""
    back: str = ""
    theirs: str = ""
    more: str = ""
    bare: str = ""
    joints: str = ""
    limits: str = ""
    asides: str = ""
    force: str = ""
    glue: str = ""


class LanguageTable(TableStruct, frozen=True, kw_only=True):
    """One language. `calls` are by the kind of a trade's call to action; `never` are claims, by kind."""

    presenter: str
    labels: FixedLabels
    chips: ChipTemplates
    recaps: RegisterTexts
    closings: RegisterLists
    calls: dict[str, RegisterTexts]
    hooks: dict[str, HookShape]
    reading: SentenceReading = field(default_factory=SentenceReading)
    never: Mapping[str, str]


def list_template_slots(template: str) -> frozenset[str]:
    return frozenset(slot for _, slot, _, _ in Formatter().parse(template) if slot)


@cache
def compile_word_entry_pattern(*blocks: str) -> re.Pattern[str]:
    """Return a pattern of the blocks' entries in any case; without entries, it matches nothing.

    Entries match whole words, those in a script without blanks any part of a text.
    """
    entries = [word for block in blocks for word in block.split()]
    unspaced = [re.escape(word) for word in entries if _UNSPACED_ENTRY_PATTERN.search(word)]
    spaced = [
        re.escape(word).replace(r"\*", f"{_LETTER_CLASS}*").replace("_", r"[\s\-‑]+")
        for word in entries
        if not _UNSPACED_ENTRY_PATTERN.search(word)
    ]
    whole_words = rf"(?<!{_LETTER_CLASS})(?:{'|'.join(spaced) or '(?!)'})(?!{_LETTER_CLASS})"
    alternatives = [whole_words, *(["|".join(unspaced)] if unspaced else [])]
    return re.compile(f"(?:{'|'.join(alternatives)})", re.IGNORECASE)
