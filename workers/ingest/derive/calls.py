"""Calls to action of a brand: the labels of its buttons and links, such as `Book a table`."""

import re
from collections.abc import Iterable, Iterator

from workers.ingest.derive.tone import compile_tone_pattern, load_voice_rules
from workers.ingest.page.text import count_words, fold_text
from workers.ingest.shapes import Passage, PassageRole

MAX_CALLS = 2
#: Words and characters of a button's label.
MIN_CALL_WORDS = 2
MAX_CALL_WORDS = 6
MAX_CALL_CHARS = 45
#: Roles of passages with words of forms, notices and other speakers.
ROLES_WITHOUT_CALLS: frozenset[PassageRole] = frozenset(
    {"form", "notice", "legal", "testimonial", "placeholder", "faq", "hours", "contact"}
)
#: Arrows, icons and marks around a label.
LABEL_MARGIN_PATTERN = re.compile(r"^[^\w¡¿]+|[^\w!)]+$")
#: Beginning of a call's words by which two calls are the same.
CALL_STEM_CHARS = 5
#: Numbers, and marks of a clause.
NON_CALL_PATTERN = re.compile(r"[\d,;:—–|，、：→]")


def find_calls_to_action(passages: Iterable[Passage], language: str) -> list[str]:
    """Return at most `MAX_CALLS` labels that call on the reader to act, those of the hero first, as the page has them.

    A second one begins with another word.
    """
    calls = [*find_calls(passages, language)]
    calls.sort(key=lambda passage: passage.role != "hero")
    distinct: dict[str, str] = {}
    for passage in calls:
        text = strip_label(passage.text)
        distinct.setdefault(fold_text(text)[:CALL_STEM_CHARS], text)
    return [*distinct.values()][:MAX_CALLS]


def find_calls(passages: Iterable[Passage], language: str) -> Iterator[Passage]:
    pattern = compile_tone_pattern(load_voice_rules()[language].call)
    for passage in passages:
        is_own = not (passage.story or passage.documentation) and passage.speaker == "brand"
        is_button = passage.kind == "label" or (passage.kind == "text" and passage.role == "hero")
        if is_own and is_button and passage.role not in ROLES_WITHOUT_CALLS:
            text = strip_label(passage.text)
            if may_be_call(text) and pattern.search(text):
                yield passage


def may_be_call(text: str) -> bool:
    """Return whether a text is short enough for a button, has no numbers, and isn't several clauses."""
    is_short = MIN_CALL_WORDS <= count_words(text) <= MAX_CALL_WORDS and len(text) <= MAX_CALL_CHARS
    return is_short and NON_CALL_PATTERN.search(text) is None


def strip_label(text: str) -> str:
    """Return a label without the arrows, icons and marks around it."""
    return LABEL_MARGIN_PATTERN.sub("", text)
