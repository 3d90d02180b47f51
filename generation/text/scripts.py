"""Scripts and languages: their direction, and the leading of their lines."""

import regex

_RIGHT_TO_LEFT_LANGUAGES = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})

#: Scripts with letters that join or stack: tracking breaks them, and close lines touch.
_STACKED_SCRIPT_LETTER_PATTERN = regex.compile(
    r"[\p{Arabic}\p{Bengali}\p{Devanagari}\p{Gujarati}\p{Gurmukhi}\p{Kannada}\p{Khmer}\p{Lao}\p{Malayalam}"
    r"\p{Myanmar}\p{Oriya}\p{Sinhala}\p{Tamil}\p{Telugu}\p{Thai}]"
)
_SQUARE_LETTER_NEEDING_LEADING_PATTERN = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")
#: Letters of languages without spaces between words.
UNSPACED_LETTER_CLASSES = r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Han}\p{Hiragana}\p{Katakana}"

#: Minimum distances of lines, in em.
MIN_STACKED_SCRIPT_LEADING_EM, MIN_SQUARE_SCRIPT_LEADING_EM = 1.35, 1.22


_GRAPHEME_PATTERN = regex.compile(r"\X")


def split_graphemes(text: str) -> list[str]:
    """Split a text into graphemes: letters with their marks, joined emoji as one."""
    return list(_GRAPHEME_PATTERN.findall(text))


def is_right_to_left_language(language: str) -> bool:
    """Return whether a language is written from right to left. The letters of the text itself have no effect."""
    return language.partition("-")[0].lower() in _RIGHT_TO_LEFT_LANGUAGES


def has_stacked_letters(text: str) -> bool:
    """Return whether a text has letters that join or stack marks."""
    return _STACKED_SCRIPT_LETTER_PATTERN.search(text) is not None


def line_height_em_of_text(text: str, wanted: float) -> float:
    """Return the distance of a text's baselines in em: the wanted one, or more if its script needs it."""
    if has_stacked_letters(text):
        return max(wanted, MIN_STACKED_SCRIPT_LEADING_EM)
    return max(wanted, MIN_SQUARE_SCRIPT_LEADING_EM) if _SQUARE_LETTER_NEEDING_LEADING_PATTERN.search(text) else wanted
