"""Lengths of captions, counted as more than one platform does."""

import re
from functools import lru_cache

import regex

_GRAPHEME_PATTERN = regex.compile(r"\X")
#: Characters that never join a neighbor of this class: Latin, Greek and Cyrillic letters without marks, kana,
#: Han, Hangul, emoji. Each one between two others is a grapheme of its own.
_SINGLE_GRAPHEME_CHARACTER_CLASS = (
    r"[ -\u02ff\u0370-\u0482\u048a-\u052f\u3041-\u3096\u30a0-\u9fff\uac00-\ud7a3\uff01-\uff9d"
    r"\U0001f300-\U0001f3fa\U0001f400-\U0001faff]"
)
_SINGLE_GRAPHEME_CHARACTER_RUN_PATTERN = re.compile(
    f"(?<={_SINGLE_GRAPHEME_CHARACTER_CLASS}){_SINGLE_GRAPHEME_CHARACTER_CLASS}+(?={_SINGLE_GRAPHEME_CHARACTER_CLASS})"
)


@lru_cache(maxsize=8)
def count_graphemes(text: str) -> int:
    """Count user-perceived characters (Unicode UAX 29).

    Plain characters are counted without segmentation, a hundred times as fast. The cache serves two platforms
    for each text: a page of content counts hundreds of captions.
    """
    unlike = _SINGLE_GRAPHEME_CHARACTER_RUN_PATTERN.sub("", text)
    return len(text) - len(unlike) + sum(1 for _ in _GRAPHEME_PATTERN.finditer(unlike))


def count_utf16_units(text: str) -> int:
    """Count UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def count_utf8_bytes(text: str) -> int:
    """Count UTF-8 bytes."""
    return len(text.encode())
