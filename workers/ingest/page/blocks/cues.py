"""Cues of a block's role: class names, words of headings and of texts, as data in `cues.json`.

The data are for lower-case texts. Nearly all patterns begin with a character: without the ignore-case flag the
search then skips most of a text at once.
"""

import json
import re
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal, TypeAlias

HeadingCue: TypeAlias = Literal["testimonial", "faq", "hours", "about"]
TextCue: TypeAlias = Literal[
    "legal",
    "notice",
    "hours",
    "contact",
    "offer",
    "money",
    "time",
    "address",
    "date",
    "year",
    "greeting",
    "thanks",
    "instruction",
    "appeal",
    "we",
]


#: Cues that stand for a number in a text.
NUMBER_CUES: frozenset[TextCue] = frozenset({"money", "time", "year"})
DIGIT_PATTERN = re.compile(r"\d")
#: Beginning by which alternatives are grouped: a letter or a blank that isn't repeated, or a border.
ALTERNATIVE_BEGINNING_PATTERN = re.compile(r"(?:\\b|\^ |[^\W\d_]| )(?![?*+{])")
GROUP_IN_PATTERN = re.compile(r"\([^()]*\)")
#: Characters of a text that are searched: a longer one isn't a short text with a cue.
MAX_CUE_CHECKED_CHARS = 500


@cache
def load_class_pattern() -> re.Pattern[str]:
    """Return the pattern of class names, with a group for each cue.

    A name counts as a whole or between marks: `services-preview` holds no review.
    """
    cues = "|".join(f"(?P<{cue}>{'|'.join(words)})" for cue, words in load_cues()["classes"].items())
    return re.compile(rf"(?:^|[\s_/-])(?:{cues})(?=$|[\s_\d-])")


@cache
def load_cues() -> dict[str, dict[str, list[str]]]:
    """Return the patterns of class names, headings and texts, each by cue."""
    data: dict[str, dict[str, list[str]]] = json.loads(files(__package__).joinpath("cues.json").read_text("utf-8"))
    return data


@cache
def load_cue_pattern(place: Literal["headings", "texts"], cue: str) -> re.Pattern[str]:
    return re.compile(join_alternatives(load_cues()[place][cue]))


def join_alternatives(alternatives: Iterable[str]) -> str:
    """Return one pattern for a search, with alternatives of one beginning in a group.

    At each place of a text the search tries a beginning once, and not again for each alternative.
    """
    grouped: dict[str, list[str]] = {}
    for alternative in alternatives:
        beginning = ALTERNATIVE_BEGINNING_PATTERN.match(alternative)
        is_single = "|" not in GROUP_IN_PATTERN.sub("", alternative)
        key = beginning[0] if beginning and is_single else ""
        grouped.setdefault(key, []).append(alternative[len(key) :])
    return "|".join(f"{key}(?:{'|'.join(ends)})" if key else "|".join(ends) for key, ends in grouped.items())


@lru_cache(2_000)
def find_class_cues(*names: str) -> frozenset[str]:
    """Return the cues in a box's class, id, role and kind. Cached: pages repeat a few values."""
    identity = " ".join(name.rpartition("schema.org/")[2] for name in names if name).lower()
    return frozenset(str(match.lastgroup) for match in load_class_pattern().finditer(identity))


@lru_cache(500)
def has_heading_cue(lower_heading: str, cue: HeadingCue) -> bool:
    """Return whether a heading has the cue. Cached: each text below it asks for it."""
    return load_cue_pattern("headings", cue).search(lower_heading[:MAX_CUE_CHECKED_CHARS]) is not None


def has_text_cue(lower_text: str, cue: TextCue) -> bool:
    checked_text = f" {lower_text[:MAX_CUE_CHECKED_CHARS]}"
    if cue in NUMBER_CUES and not DIGIT_PATTERN.search(checked_text):
        return False
    return load_cue_pattern("texts", cue).search(checked_text) is not None
