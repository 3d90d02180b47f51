"""Fonts of looks: the files of each family, and the fallback fonts of each script."""

from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import regex

from generation.looks.font_families import FONT_PACKAGE_BY_FAMILY
from generation.looks.messages import FontFile
from generation.text.fonts import INTER_FONT_NAME, font_name_for_grapheme, font_path
from generation.text.scripts import split_graphemes

Script = Literal["latin", "cjk", "arabic", "devanagari", "other"]

#: Fallback families of a script, with and without serifs.
SANS_BY_SCRIPT: dict[Script, tuple[str, ...]] = {"arabic": ("Cairo",), "devanagari": ("Mukta",)}
SERIF_BY_SCRIPT: dict[Script, tuple[str, ...]] = {"arabic": ("Amiri",), "devanagari": ("Mukta",)}

_SCRIPT_PATTERNS: dict[Script, regex.Pattern[str]] = {
    "arabic": regex.compile(r"\p{Arabic}"),
    "devanagari": regex.compile(r"\p{Devanagari}"),
    "cjk": regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]"),
    "other": regex.compile(r"[\p{L}--[\p{Latin}\p{Greek}\p{Cyrillic}]]", regex.VERSION1),
}


def find_script_of_text(text: str) -> Script:
    """Return the script of a text: one letter that is not Latin, Greek or Cyrillic decides."""
    return next((script for script, pattern in _SCRIPT_PATTERNS.items() if pattern.search(text)), "latin")


def list_fallback_families(texts: Iterable[str], language: str, script: Script, *, serif: bool) -> list[str]:
    """Return the families to append to each font family, so that every letter of the texts is drawn.

    Raises `UndrawableTextRefused` for a letter without a font.
    """
    first = (SERIF_BY_SCRIPT if serif else SANS_BY_SCRIPT).get(script, ())
    needed = {font_name_for_grapheme(one, language) for text in texts for one in split_graphemes(text) if one.strip()}
    return [*first, INTER_FONT_NAME, *sorted(filter(None, needed - {INTER_FONT_NAME}))]


@cache
def list_font_files(family: str) -> tuple[FontFile, ...]:
    """Return a family's font files; those of a fallback font of `generation.text.fonts` otherwise."""
    if (package := FONT_PACKAGE_BY_FAMILY.get(family)) is None:
        return (FontFile(family, str(font_path(family))),)
    spec = find_spec(package)
    folder = Path(next(iter(spec.submodule_search_locations or ()))) if spec else Path()
    return tuple(FontFile(family, str(path)) for path in sorted((folder / "files").glob("*.ttf")))
