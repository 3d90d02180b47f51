"""Checks of taglines: a line must be whole, and about the brand. Sections, hours and lists have other lines.

The words of 17 languages are data in `lines.json`. Words at the ends of a line are of one language: `en` ends no
Dutch line, and begins many French ones.
"""

import json
import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

from workers.ingest.languages import primary_language_subtag
from workers.ingest.page.blocks.cues import TextCue, has_text_cue
from workers.ingest.page.text import count_words

LineWordKind = Literal["endings", "conjunctions", "back_references", "additions"]

#: Words of a section's heading at most.
MAX_SECTION_HEADING_WORDS = 6
#: Items from which a line of short ones is a list, and their words at most on average.
MIN_LISTED_ITEMS = 4
MAX_LISTED_ITEM_WORDS = 3
#: First words of a text in which a word such as `also` refers to an earlier one.
MAX_WORDS_BEFORE_ADDITION = 4
#: Words of a label before a colon at most: `Location: …`.
MAX_LABEL_WORDS = 2
#: Cues of lines about a visit to the place or page, and not about the brand.
VISIT_CUES: tuple[TextCue, ...] = (
    "greeting",
    "thanks",
    "instruction",
    "appeal",
    "date",
    "year",
    "notice",
    "money",
    "offer",
    "contact",
    "legal",
)
LIST_MARK_PATTERN = re.compile(r"[•·|✦✧★☆◆●■→»/]")
#: Marks between the items of a list from which a text is one.
MIN_LIST_MARKS = 3
WORD_PATTERN = re.compile(r"[^\W_]+")
QUESTION_END_PATTERN = re.compile(r"[?？؟]\W*$")
SENTENCE_END_PATTERN = re.compile(r"[.!?。！？؟…][\"”“»’')\]」]*$")
#: Marks after which a line goes on elsewhere.
OPEN_END_PATTERN = re.compile(r"[,、，:：&+/–—-]$")
ITEM_SEPARATOR_PATTERN = re.compile(r"[,、，;|•·/]")
#: A beginning with the brand's age: `Established 1985`.
AGE_PATTERN = re.compile(
    r"(?:established|founded|since|est\.|gegründet|seit|depuis|fondé|desde|dal|sinds|od)\b.{0,10}\d"
)
TIME_SPAN_PATTERN = re.compile(r"\d[:.h]\d\d\b.*\d[:.h]\d\d\b")
LABEL_PATTERN = re.compile(r"([^:：.]+)[:：]\s")
#: Pairs of marks that a whole line closes.
PAIRED_MARKS = (("(", ")"), ("[", "]"), ("«", "»"), ("「", "」"), ("『", "』"))


@cache
def load_line_data() -> dict[str, dict[str, str]]:
    """Return the words of lines, and the pattern of sections' headings, by kind and language."""
    data: dict[str, dict[str, str]] = json.loads(files(__package__).joinpath("lines.json").read_text("utf-8"))
    return data


@cache
def load_section_heading_pattern() -> re.Pattern[str]:
    return re.compile("|".join(load_line_data()["section_headings"].values()))


@lru_cache(100)
def list_line_words(kind: LineWordKind, language: str | None) -> frozenset[str]:
    return frozenset(load_line_data()[kind].get(primary_language_subtag(language or ""), "").split())


def may_be_tagline(line: str, language: str | None) -> bool:
    """Return whether a line is whole and about the brand: no question, heading of a section, hour, date or list."""
    lower_line = line.lower()
    return not (
        QUESTION_END_PATTERN.search(line)
        or is_about_visit(line)
        or is_section_heading_text(lower_line)
        or has_hours_or_age(lower_line)
        or is_list_of_short_items(line)
        or is_line_cut(line, language)
    )


def is_about_visit(line: str) -> bool:
    """Return whether a line greets, thanks or instructs the visitor, is a list, or has dates, prices or contacts."""
    return is_text_of_list(line) or any(has_text_cue(line.lower(), cue) for cue in VISIT_CUES)


def is_text_of_list(text: str) -> bool:
    """Return whether a text is a list without sentences, such as a ticker: `FAST ✦ CHEAP ✦ HAND-MADE ✦`."""
    return len(LIST_MARK_PATTERN.findall(text)) >= MIN_LIST_MARKS


def is_section_heading_text(lower_line: str) -> bool:
    """Return whether a line heads a section of any brand's page, such as `About us` or `Horaires des cours`."""
    if count_words(lower_line) > MAX_SECTION_HEADING_WORDS:
        return False
    return load_section_heading_pattern().fullmatch(lower_line.strip(" #.!:?¿¡…。！：")) is not None


def has_hours_or_age(lower_line: str) -> bool:
    has_hours = has_text_cue(lower_line, "time") and has_text_cue(lower_line, "hours")
    return has_hours or bool(TIME_SPAN_PATTERN.search(lower_line) or AGE_PATTERN.match(lower_line))


def is_list_of_short_items(line: str) -> bool:
    """Return whether a line lists services or areas: four items of three words on average."""
    items = len(ITEM_SEPARATOR_PATTERN.findall(line)) + 1
    return items >= MIN_LISTED_ITEMS and count_words(line) <= items * MAX_LISTED_ITEM_WORDS


def is_line_cut(line: str, language: str | None) -> bool:
    """Return whether a line begins or ends in the middle of a sentence: `And more`, `Enjoy your holidays in`."""
    if any(line.count(opening) != line.count(closing) for opening, closing in PAIRED_MARKS):
        return True
    words = WORD_PATTERN.findall(line.lower())
    is_ended = SENTENCE_END_PATTERN.search(line) is not None
    ends_open = OPEN_END_PATTERN.search(line) or (words[-1:] and words[-1] in list_line_words("endings", language))
    return begins_with(words, "conjunctions", language) or bool(not is_ended and ends_open)


def begins_with(words: list[str], kind: LineWordKind, language: str | None) -> bool:
    return bool(words) and words[0] in list_line_words(kind, language)


def refers_back(text: str, language: str | None) -> bool:
    """Return whether a text's first words refer to an earlier sentence: `These are …`, `And so …`, `We also …`."""
    words = WORD_PATTERN.findall(text[:100].lower())
    adds = not list_line_words("additions", language).isdisjoint(words[:MAX_WORDS_BEFORE_ADDITION])
    return adds or begins_with(words, "conjunctions", language) or begins_with(words, "back_references", language)


def is_labelled(line: str, max_label_words: int = MAX_LABEL_WORDS) -> bool:
    """Return whether a line is a value behind its label, such as `Location: Main Street`."""
    label = LABEL_PATTERN.match(line)
    return label is not None and count_words(label[1]) <= max_label_words
