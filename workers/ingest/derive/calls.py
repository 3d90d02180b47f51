"""Calls to action of a brand: the labels of its buttons and links, such as `Book a table`."""

import re
from collections.abc import Iterable, Iterator

from workers.ingest.derive.tone import compile_tone_pattern, load_voice_rules
from workers.ingest.page.text import UNSPACED_TEXT_CHARACTER_REGEX, count_words, fold_text
from workers.ingest.shapes import Passage, PassageRole

MAX_CALLS = 2
#: Words and characters of a button's label.
MIN_CALL_WORDS = 2
MAX_CALL_WORDS = 6
MAX_CALL_CHARS = 45
#: Words of a call that is no button or link: a longer text of the hero is a tagline.
MAX_CALL_WORDS_OF_TEXT = 4
#: Roles of passages with words of notices and other speakers.
ROLES_WITHOUT_CALLS: frozenset[PassageRole] = frozenset({"notice", "legal", "testimonial", "placeholder"})
#: Arrows, icons and marks around a label.
LABEL_MARGIN_PATTERN = re.compile(r"^[^\w¡¿]+|[^\w!)]+$")
#: Beginning of a call's words by which two calls are the same; of unspaced text, where a character says more.
CALL_STEM_CHARS = 5
UNSPACED_CALL_STEM_CHARS = 2
UNSPACED_CHARACTER_PATTERN = re.compile(UNSPACED_TEXT_CHARACTER_REGEX)
#: Calls to look at something, and to send a form: they say less about a brand than the others.
SOFT_CALL_PATTERN = re.compile(
    r"discover|explore|find|see|view|meet|entdeck|.*(?:entdecken|ansehen|kennenlernen|finden)$|découvr|explor|trouv"
    r"|visit|scopr|esplora|trova|descubr|conoc|encuentr|conheç|conhec|bekijk|ontdek|vind|poznaj|zobacz|odkryj|sprawdź"
    r"|objev|prohlédn|zjist|.*(?:incele|keşfet)|узна|смотр|выбра|перейти|.*(?:探す|見る|둘러보기|살펴보기|알아보기|찾기)"
    r"|send|.*senden$|envoy|envi|invia|wyślij|odeslat|verstuur|.*gönder|отправ|.*送信|发送|送出|إرسال|أرسل"
    r"|了解|اكتشف|تصفح|استكشف",
    re.IGNORECASE,
)
#: Numbers, and marks of a clause.
NON_CALL_PATTERN = re.compile(r"[\d,;:—–|，、：→]")


def find_calls_to_action(passages: Iterable[Passage], language: str) -> list[str]:
    """Return at most `MAX_CALLS` labels that call on the reader to act, those of the hero first, as the page has them.

    A second one begins with another word.
    """
    calls = [*find_calls(passages, language)]
    calls.sort(key=lambda passage: (is_soft_call(passage), passage.role != "hero"))
    distinct: dict[str, str] = {}
    for passage in calls:
        text = strip_label(passage.text)
        distinct.setdefault(find_call_stem(text), text)
    return [*distinct.values()][:MAX_CALLS]


def find_calls(passages: Iterable[Passage], language: str) -> Iterator[Passage]:
    pattern = compile_tone_pattern(load_voice_rules()[language].call)
    for passage in passages:
        is_own = not (passage.story or passage.documentation) and passage.speaker == "brand"
        is_button = passage.kind == "label" or (passage.kind == "text" and passage.role == "hero")
        if is_own and is_button and passage.role not in ROLES_WITHOUT_CALLS:
            text = strip_label(passage.text)
            is_tagline = passage.kind == "text" and count_words(text) > MAX_CALL_WORDS_OF_TEXT
            if not is_tagline and may_be_call(text, passage.role) and pattern.search(text):
                yield passage


def is_soft_call(passage: Passage) -> bool:
    return SOFT_CALL_PATTERN.match(strip_label(passage.text)) is not None


def find_call_stem(text: str) -> str:
    is_unspaced = UNSPACED_CHARACTER_PATTERN.match(text) is not None
    return fold_text(text)[: UNSPACED_CALL_STEM_CHARS if is_unspaced else CALL_STEM_CHARS]


def may_be_call(text: str, role: PassageRole) -> bool:
    """Return whether a text is short enough for a button, has no numbers, and isn't several clauses.

    A single word outside of the hero is a menu's.
    """
    least = 1 if role == "hero" or UNSPACED_CHARACTER_PATTERN.match(text) else MIN_CALL_WORDS
    is_short = least <= count_words(text) <= MAX_CALL_WORDS and len(text) <= MAX_CALL_CHARS
    return is_short and NON_CALL_PATTERN.search(text) is None


def strip_label(text: str) -> str:
    """Return a label without the arrows, icons and marks around it."""
    return LABEL_MARGIN_PATTERN.sub("", text)
