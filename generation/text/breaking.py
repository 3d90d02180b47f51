"""Line breaking: finds the break opportunities of a text, and lays its pieces into lines."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import budoux
import pyphen
import regex
from uniseg.linebreak import line_break_units

from generation.text.cleaning import SOFT_HYPHEN
from generation.text.scripts import UNSPACED_LETTER_CLASSES, split_graphemes
from generation.text.shaping import ShapingStyle, shape_text_line

_WORD_WITH_SPACES_PATTERN = regex.compile(r"\S*\s*")
_THAI_LETTER_PATTERN = regex.compile(r"\p{Thai}")
_KANA_LETTER_PATTERN = regex.compile(r"[\p{Hiragana}\p{Katakana}]")
_HAN_LETTER_PATTERN = regex.compile(r"\p{Han}")
_BREAK_AFTER_HIRAGANA_PATTERN = regex.compile(r"(?<=\p{Hiragana})(?=[\p{Katakana}\p{Han}])", regex.VERSION1)
_UNSPACED_LETTER_PATTERN = regex.compile(rf"[{UNSPACED_LETTER_CLASSES}]")
_LONG_KATAKANA_WORD_PATTERN = regex.compile(r"[\p{Katakana}ー]{8,}")
_HANGUL_LETTER_PATTERN = regex.compile(r"\p{Hangul}")

#: Minimum letters of a word to hyphenate.
MIN_HYPHENATED_WORD_LETTERS = 10
#: Minimum letters at each of its ends.
MIN_LETTERS_AROUND_HYPHEN = 3
_CHINESE_PARTICLES_BARRED_AT_LINE_START = frozenset("的了着过們们吗嗎呢吧")
#: Tolerance for sums of widths in another order, in em.
_LINE_WIDTH_TOLERANCE_EM = 1e-6
_HYPHENATABLE_WORD_PATTERN = regex.compile(rf"\p{{L}}{{{MIN_HYPHENATED_WORD_LETTERS},}}")
_HYPHENATION_LOCALE_BY_LANGUAGE = {
    "en": "en_US",
    "de": "de_DE",
    "pt": "pt_PT",
    "nb": "nb_NO",
    "no": "nb_NO",
    "hu": "hu_HU",
}


class MeasuredTextPiece(NamedTuple):
    """Unbreakable part of a text, and its width in em without trailing spaces.

    `space` is the width of these spaces. A piece that ends within a word adds the hyphen's width at a line's end.
    """

    text: str
    width: float
    space: float
    hyphen: float


def split_into_measured_words(text: str, style: ShapingStyle) -> list[MeasuredTextPiece]:
    """Return a paragraph's words as measured pieces that no line breaks; phrases in scripts without spaces."""
    return [_measure_text_piece(unit, style) for unit in split_words_in_any_script(text, style.language)]


def _measure_text_piece(unit: str, style: ShapingStyle) -> MeasuredTextPiece:
    hyphen = shape_text_line("-", style).width if unit.endswith(SOFT_HYPHEN) else 0.0
    body = unit.rstrip().replace(SOFT_HYPHEN, "")
    space = shape_text_line(" ", style).width if unit != unit.rstrip() else 0.0
    return MeasuredTextPiece(unit, shape_text_line(body, style).width, space, hyphen)


def split_words_in_any_script(text: str, language: str) -> Iterator[str]:
    """Yield words with trailing spaces, or phrases in Japanese, Chinese and Thai, which are written without spaces.

    A hyphenated compound is one word here. Only a split into smaller pieces breaks it at its hyphens.
    """
    for word in filter(None, _WORD_WITH_SPACES_PATTERN.findall(text)):
        if parser := _phrase_parser_for_word(word, language):
            yield from _attach_chinese_particles(parser.parse(word))
        else:
            yield word


def _attach_chinese_particles(phrases: Sequence[str]) -> Iterator[str]:
    """Yield phrases, each with the Chinese particles that follow it: no line begins with a particle."""
    whole = ""
    for phrase in phrases:
        if whole and phrase[0] not in _CHINESE_PARTICLES_BARRED_AT_LINE_START:
            yield whole
            whole = ""
        whole += phrase
    yield whole


def _phrase_parser_for_word(word: str, language: str) -> budoux.Parser | None:
    if _THAI_LETTER_PATTERN.search(word):
        return _load_phrase_parser("th")
    if _KANA_LETTER_PATTERN.search(word) or (_HAN_LETTER_PATTERN.search(word) and language.startswith("ja")):
        return _load_phrase_parser("ja")
    if _HAN_LETTER_PATTERN.search(word):
        return _load_phrase_parser(
            "zh-hant" if language.lower().startswith(("zh-hant", "zh-tw", "zh-hk")) else "zh-hans"
        )
    return None


@cache
def _load_phrase_parser(language: str) -> budoux.Parser:
    loads = {
        "th": budoux.load_default_thai_parser,
        "ja": budoux.load_default_japanese_parser,
        "zh-hans": budoux.load_default_simplified_chinese_parser,
        "zh-hant": budoux.load_default_traditional_chinese_parser,
    }
    return loads[language]()


def split_into_hyphenated_pieces(text: str, style: ShapingStyle) -> list[MeasuredTextPiece]:
    """Return a text's smaller pieces: compounds by hyphens, long words by syllables, Japanese phrases by words."""
    dictionary = _hyphenation_dictionary(style.language)
    soft = (
        _HYPHENATABLE_WORD_PATTERN.sub(lambda word: _add_soft_hyphens(word[0], dictionary), text)
        if dictionary
        else text
    )
    phrases = [
        part
        for unit in split_words_in_any_script(soft, style.language)
        for part in _BREAK_AFTER_HIRAGANA_PATTERN.split(unit)
    ]
    return [_measure_text_piece(unit, style) for phrase in phrases for unit in _split_phrase_where_breakable(phrase)]


def hyphenate_long_words(text: str, language: str) -> str:
    """Return a text with soft hyphens in its long words, for a language with a dictionary."""
    if (dictionary := _hyphenation_dictionary(language)) is None:
        return text
    return str(_HYPHENATABLE_WORD_PATTERN.sub(lambda word: _add_soft_hyphens(word[0], dictionary), text))


def mark_phrase_breaks(text: str, language: str) -> str:
    """Return a text with zero-width spaces between the phrases of scripts without spaces."""
    return "\u200b".join(split_words_in_any_script(text, language)) if _UNSPACED_LETTER_PATTERN.search(text) else text


def _split_phrase_where_breakable(phrase: str) -> Sequence[str]:
    """Split a phrase by the Unicode line breaking rules (UAX 14), unless its script has phrases of its own.

    Long katakana words are loanwords: they may break at each syllable.
    """
    if _HANGUL_LETTER_PATTERN.search(phrase) or (
        _UNSPACED_LETTER_PATTERN.search(phrase) and not _LONG_KATAKANA_WORD_PATTERN.search(phrase)
    ):
        return [phrase]
    return [*line_break_units(phrase)]


def _add_soft_hyphens(word: str, dictionary: pyphen.Pyphen) -> str:
    ends = [
        at
        for at in dictionary.positions(word)
        if MIN_LETTERS_AROUND_HYPHEN <= at <= len(word) - MIN_LETTERS_AROUND_HYPHEN
    ]
    return SOFT_HYPHEN.join(word[a:b] for a, b in itertools.pairwise([0, *ends, len(word)]))


@cache
def _hyphenation_dictionary(language: str) -> pyphen.Pyphen | None:
    short = language.partition("-")[0].lower()
    known = pyphen.language_fallback(_HYPHENATION_LOCALE_BY_LANGUAGE.get(short, short))
    return pyphen.Pyphen(lang=known) if known else None


def cut_wide_pieces(parts: Sequence[MeasuredTextPiece], width: float, style: ShapingStyle) -> list[MeasuredTextPiece]:
    """Return the pieces of a text, with those wider than `width` em cut between graphemes."""
    return [
        small
        for one in parts
        for small in ([one] if one.width + one.hyphen <= width else _cut_wide_piece(one, width, style))
    ]


def _cut_wide_piece(piece: MeasuredTextPiece, width: float, style: ShapingStyle) -> Iterator[MeasuredTextPiece]:
    current, filled = "", 0.0
    for cluster in split_graphemes(piece.text):
        wide = shape_text_line(cluster, style).width
        if current and filled + wide > width:
            yield _measure_text_piece(current, style)
            current, filled = "", 0.0
        current, filled = current + cluster, filled + wide
    yield _measure_text_piece(current, style)


def lay_lines_greedily(parts: Sequence[MeasuredTextPiece], width: float) -> list[str]:
    """Return the lines of a paragraph, each with as many pieces as a width of `width` em allows."""
    lines: list[list[MeasuredTextPiece]] = []
    room = 0.0
    for one in parts:
        space = lines[-1][-1].space if lines else 0.0
        if lines and space + one.width + one.hyphen <= room:
            lines[-1].append(one)
            room -= space + one.width
        else:
            lines.append([one])
            room = width - one.width
    return [_join_pieces_to_line(line) for line in lines]


def _join_pieces_to_line(line: Sequence[MeasuredTextPiece]) -> str:
    text = "".join(one.text for one in line).rstrip()
    return text.replace(SOFT_HYPHEN, "") + ("-" if text.endswith(SOFT_HYPHEN) else "")


def widest_piece_width(parts: Sequence[MeasuredTextPiece]) -> float:
    return max((one.width + one.hyphen for one in parts), default=0.0)


def lay_balanced_lines(parts: Sequence[MeasuredTextPiece], width: float) -> list[str]:
    """Return a paragraph's lines in the minimum number, with the smallest sum of their squared widths."""
    ways: dict[int, PartialParagraphLayout] = {0: PartialParagraphLayout(0.0, ())}
    for _ in lay_lines_greedily(parts, width):
        ways = _extend_layouts_by_one_line(ways, parts, width)
    return [_join_pieces_to_line(parts[start:end]) for start, end in ways[len(parts)].lines]


class PartialParagraphLayout(NamedTuple):
    """Lines of the first pieces, by their start and end, and the sum of their squared widths."""

    cost: float
    lines: tuple[tuple[int, int], ...]


def _extend_layouts_by_one_line(
    ways: Mapping[int, PartialParagraphLayout], parts: Sequence[MeasuredTextPiece], width: float
) -> dict[int, PartialParagraphLayout]:
    """Return the best layouts of a paragraph's first pieces with one more line, by the number of laid pieces."""
    best: dict[int, PartialParagraphLayout] = {}
    for start, way in ways.items():
        for end, wide in _possible_line_ends(parts, start, width):
            cost = way.cost + wide * wide
            if end not in best or cost < best[end].cost:
                best[end] = PartialParagraphLayout(cost, (*way.lines, (start, end)))
    return best


def _possible_line_ends(parts: Sequence[MeasuredTextPiece], start: int, width: float) -> Iterator[tuple[int, float]]:
    """Yield each piece index at which a line may end, and the line's width there; the first piece always fits."""
    wide = 0.0
    for end, one in enumerate(parts[start:], start + 1):
        wide += one.width
        if end > start + 1 and wide > width + _LINE_WIDTH_TOLERANCE_EM:
            return
        if end == start + 1 or wide + one.hyphen <= width + _LINE_WIDTH_TOLERANCE_EM:
            yield end, wide + one.hyphen
        wide += one.space
