"""Fonts from packages only: Inter for Latin, Noto for other scripts and emoji, no system fonts."""

import unicodedata
from functools import cache
from importlib.resources import files
from pathlib import Path

import uharfbuzz as hb

from schemas.errors import UndrawableTextRefused

#: Units of an em in shaped text, independent of a font's own units.
SHAPED_EM_UNITS = 1 << 14

INTER_FONT_NAME, EMOJI_FONT_NAME = "Inter", "NotoEmoji"
#: Scale of emoji: as high as letters.
_EMOJI_UNITS_PER_EM = round(SHAPED_EM_UNITS * 0.82)
#: Fonts that allow tracking: letters of the other fonts join, stack or fill a square.
LETTER_SPACED_FONTS = frozenset({INTER_FONT_NAME, "NotoSans"})

_NOTO_SANS_SCRIPTS = (
    "Arabic Hebrew Devanagari Thai Bengali Tamil Telugu Kannada Malayalam Gujarati Gurmukhi Oriya Sinhala "
    "Khmer Lao Myanmar Armenian Georgian Ethiopic Symbols"
).split()
_CJK_FONT_SUFFIXES = {"ja": "JP", "zh-hans": "SC", "zh-hant": "TC", "ko": "KR"}
_TRADITIONAL_CHINESE_TAGS = ("zh-hant", "zh-tw", "zh-hk", "zh-mo")

_CHARACTERS_IGNORED_IN_FONT_CHOICE = frozenset("\u200c\u200d\ufe0e\ufe0f\n ")
_FIRST_EMOJI_CODE_POINT = 0x1F000


@cache
def font_names_in_search_order(language: str) -> tuple[str, ...]:
    """Return the names of the fonts to search for a letter of a text, in order: Inter first, emoji last.

    The font of a CJK language comes right after Inter: Chinese and Japanese share letters with other shapes.
    """
    first = _cjk_font_suffix(language.lower())
    east = sorted(_CJK_FONT_SUFFIXES.values(), key=lambda one: (one != first, one))
    others = [f"NotoSans{script}" for script in _NOTO_SANS_SCRIPTS]
    cjk = [f"NotoSans{one}" for one in east]
    return (INTER_FONT_NAME, *cjk[: first is not None], "NotoSans", *others, *cjk[first is not None :], EMOJI_FONT_NAME)


def _cjk_font_suffix(language: str) -> str | None:
    if language.startswith("zh"):
        return _CJK_FONT_SUFFIXES["zh-hant" if language.startswith(_TRADITIONAL_CHINESE_TAGS) else "zh-hans"]
    return _CJK_FONT_SUFFIXES.get(language.partition("-")[0])


@cache
def font_path(name: str) -> Path:
    """Return the file of a font of `font_names_in_search_order`."""
    if name == INTER_FONT_NAME:
        return Path(str(files("fontpkg_inter"))) / "files" / "Inter[opsz,wght].ttf"
    if (script := name.removeprefix("NotoSans")) in _CJK_FONT_SUFFIXES.values():
        return Path(str(files("justmytype_intl_cjk"))) / f"fonts/ofl/{name.lower()}/NotoSans{script}[wght].ttf"
    return Path(str(files("manimgx_fonts"))) / f"{name}[wght].ttf"


@cache
def _load_font_face(name: str) -> hb.Face:
    return hb.Face(hb.Blob.from_file_path(str(font_path(name))))


@cache
def _font_code_points(name: str) -> hb.Set:
    return _load_font_face(name).unicodes


@cache
def load_font_at_weight(name: str, weight: int) -> hb.Font:
    """Return a font at a weight, up to its heaviest, with the letter shapes for large sizes."""
    instance = hb.Font(_load_font_face(name))
    instance.scale = (
        (_EMOJI_UNITS_PER_EM, _EMOJI_UNITS_PER_EM) if name == EMOJI_FONT_NAME else (SHAPED_EM_UNITS, SHAPED_EM_UNITS)
    )
    instance.set_variations({"wght": float(weight), "opsz": 32.0})
    return instance


@cache
def font_name_for_grapheme(cluster: str, language: str) -> str | None:
    """Return the name of the first font that covers a grapheme; None for an unknown symbol, to leave it out.

    Raises `UndrawableTextRefused` for an unknown letter: replacement boxes are unreadable.
    """
    letters = [ord(char) for char in cluster if char not in _CHARACTERS_IGNORED_IN_FONT_CHOICE]
    names = font_names_in_search_order(language)
    for name in (EMOJI_FONT_NAME, *names) if is_emoji_grapheme(cluster) else names:
        if all(letter in _font_code_points(name) for letter in letters):
            return name
    lacking = next(char for char in cluster if char not in _CHARACTERS_IGNORED_IN_FONT_CHOICE)
    if unicodedata.category(lacking)[0] in "LMN":
        named = unicodedata.name(lacking, f"U+{ord(lacking):04X}")
        raise UndrawableTextRefused("SCRIPT_NOT_SUPPORTED", f"no font has the letter {named}: use another language")
    return None


def is_emoji_grapheme(cluster: str) -> bool:
    """Return whether a grapheme is emoji; ambiguous characters need a U+FE0F, as in ❤ followed by U+FE0F."""
    return "\ufe0f" in cluster or ord(cluster[0]) >= _FIRST_EMOJI_CODE_POINT
