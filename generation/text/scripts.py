"""Scripts and languages: which way they are written, and what room their lines take."""

import regex

_RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})

#: Letters that join or stack: drawn apart they are wrong, and close lines touch.
_STACKED = regex.compile(
    r"[\p{Arabic}\p{Bengali}\p{Devanagari}\p{Gujarati}\p{Gurmukhi}\p{Kannada}\p{Khmer}\p{Lao}\p{Malayalam}"
    r"\p{Myanmar}\p{Oriya}\p{Sinhala}\p{Tamil}\p{Telugu}\p{Thai}]"
)
_SQUARE = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")
#: Letters of languages that put no spaces between words.
UNSPACED = r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Han}\p{Hiragana}\p{Katakana}"

#: Least distances of lines, in em.
STACKED_LEADING, SQUARE_LEADING = 1.35, 1.22


_GRAPHEME = regex.compile(r"\X")


def graphemes(text: str) -> list[str]:
    """Letters with their marks, emoji with all that they are joined of: what a reader takes for one."""
    return list(_GRAPHEME.findall(text))


def is_right_to_left(language: str) -> bool:
    """The language decides, not the first letter: a name in Latin letters turns no Arabic page around."""
    return language.partition("-")[0].lower() in _RIGHT_TO_LEFT


def leading_of(text: str, wanted: float) -> float:
    """Distance of a text's lines in em: as wanted, and as its letters need."""
    if _STACKED.search(text):
        return max(wanted, STACKED_LEADING)
    return max(wanted, SQUARE_LEADING) if _SQUARE.search(text) else wanted
