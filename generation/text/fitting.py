"""Fitting: finds the largest font size at which a text fits a box.

It tries whole words first, then hyphenated words, then words cut anywhere, then an ellipsis.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from generation.text.breaking import (
    MeasuredTextPiece,
    cut_wide_pieces,
    lay_balanced_lines,
    lay_lines_greedily,
    split_into_hyphenated_pieces,
    split_into_measured_words,
    widest_piece_width,
)
from generation.text.cleaning import ELLIPSIS, SOFT_HYPHEN, clean_drawn_text
from generation.text.scripts import is_right_to_left_language, line_height_em_of_text, split_graphemes
from generation.text.shaping import ShapedTextLine, ShapingStyle, shape_text_line

#: Hyphenate only below this share of the largest size.
MAX_HYPHENATED_FONT_SIZE_SHARE = 0.62
#: Hyphenate only if the size grows by this factor.
MIN_FONT_SIZE_GAIN_BY_HYPHENATION = 1.2
#: Minimum heights above the first and below the last baseline of a block, in em: those of Inter.
MIN_ASCENT_EM, MIN_DESCENT_EM = 0.73, 0.2

_CHARACTERS_CUT_BEFORE_ELLIPSIS = f" ,;:.-{SOFT_HYPHEN}"


class TextBox(NamedTuple):
    """Room for a text in pixels, and its maximum number of lines."""

    width: float
    height: float
    lines: int = 6


class TypesetBlock(NamedTuple):
    """A fitted text: its lines, their font size in pixels, and the distance of their baselines in em."""

    lines: tuple[ShapedTextLine, ...]
    size: int
    leading: float
    right_to_left: bool
    is_cut: bool = False

    @property
    def ascent_px(self) -> float:
        """Return the pixels from the block's top to its first baseline, enough for capitals and accents."""
        return self.size * max(MIN_ASCENT_EM, self.lines[0].top if self.lines else 0.0)

    @property
    def height(self) -> float:
        lines = self.size * self.leading * (len(self.lines) - 1)
        return self.ascent_px + lines + math.ceil(self.size * self._descent_em)

    @property
    def width(self) -> float:
        return self.size * max((line.width for line in self.lines), default=0.0)

    @property
    def _descent_em(self) -> float:
        return max(MIN_DESCENT_EM, self.lines[-1].bottom if self.lines else 0.0)


class FittableText(NamedTuple):
    """A text to fit: its paragraphs in pieces, its style and its leading."""

    paragraphs: list[list[MeasuredTextPiece]]
    style: ShapingStyle
    leading: float

    def break_lines_greedily(self, width: float) -> list[str]:
        return [line for one in self.paragraphs for line in lay_lines_greedily(one, width)]

    def break_lines_evenly(self, width: float) -> list[str]:
        return [line for one in self.paragraphs for line in lay_balanced_lines(one, width)]

    def split_too_wide_pieces(self, width: float) -> "FittableText":
        return self._replace(paragraphs=[cut_wide_pieces(one, width, self.style) for one in self.paragraphs])

    @property
    def max_piece_width(self) -> float:
        return max(map(widest_piece_width, self.paragraphs), default=0.0)


def fit_text_to_box(
    text: str, box: TextBox, style: ShapingStyle, *, largest: int, least: int, leading: float = 1.06
) -> TypesetBlock:
    """Return a text fitted into a box, in the largest font size from `least` to `largest`.

    A text that is too long for the smallest size ends with an ellipsis. High accents may shrink it below `least`.
    Raises `UndrawableTextRefused` for an unknown letter.
    """
    cleaned = clean_drawn_text(text)
    paragraphs, leading = cleaned.split("\n"), line_height_em_of_text(cleaned, leading)
    whole = FittableText([split_into_measured_words(one, style) for one in paragraphs], style, leading)
    size = _find_largest_font_size(lambda size: _does_text_fit_box(whole, box, size), least, largest)
    if (size or 0) < MAX_HYPHENATED_FONT_SIZE_SHARE * largest and box.lines > 1:
        soft = FittableText([split_into_hyphenated_pieces(one, style) for one in paragraphs], style, leading)
        softer = _find_largest_font_size(
            lambda size: _does_text_fit_box(soft, box, size), least, int(MAX_HYPHENATED_FONT_SIZE_SHARE * largest)
        )
        if softer and softer > MIN_FONT_SIZE_GAIN_BY_HYPHENATION * (size or 0):
            whole, size = soft, softer
    if size is None:
        size = _find_largest_font_size(
            lambda size: _does_text_fit_box(whole.split_too_wide_pieces(box.width / size), box, size), least, largest
        )
    return _balanced_text_block(whole, box, size) if size else _cut_text_block_to_box(whole, box, least)


def _find_largest_font_size(holds: Callable[[int], bool], least: int, largest: int) -> int | None:
    best = None
    while least <= largest:
        size = (least + largest) // 2
        if holds(size):
            best, least = size, size + 1
        else:
            largest = size - 1
    return best


def _does_text_fit_box(text: FittableText, box: TextBox, size: int) -> bool:
    width = box.width / size
    lines = text.break_lines_greedily(width)
    high = MIN_ASCENT_EM + text.leading * (len(lines) - 1) + MIN_DESCENT_EM
    return text.max_piece_width <= width and len(lines) <= box.lines and size * high <= box.height


def _balanced_text_block(text: FittableText, box: TextBox, size: int) -> TypesetBlock:
    return _shape_text_block(
        text.split_too_wide_pieces(box.width / size).break_lines_evenly(box.width / size), text, box, size
    )


def _shape_text_block(
    texts: Sequence[str], text: FittableText, box: TextBox, size: int, *, is_cut: bool = False
) -> TypesetBlock:
    """Return a block of shaped lines, in a smaller size if accents or joined pieces need more room than the box has."""
    lines = tuple(shape_text_line(line, text.style) for line in texts)
    block = TypesetBlock(lines, size, text.leading, is_right_to_left_language(text.style.language), is_cut)
    needed = max((max(line.width, line.right - min(0.0, line.left)) for line in lines), default=0.0)
    share = min(1.0, box.width / max(1.0, size * needed), box.height / max(1.0, block.height))
    return block if share == 1.0 else block._replace(size=max(1, int(size * share)))


def _cut_text_block_to_box(text: FittableText, box: TextBox, size: int) -> TypesetBlock:
    """Return a block with the lines of a text that fit into a box at this size; the last one ends with an ellipsis."""
    lines = text.split_too_wide_pieces(box.width / size).break_lines_greedily(box.width / size)
    room = 1 + max(0, int((box.height / size - MIN_ASCENT_EM - MIN_DESCENT_EM) / text.leading))
    kept = lines[: min(box.lines, room)]
    if len(kept) < len(lines):
        kept[-1] = _end_line_with_ellipsis(kept[-1], box.width / size, text.style)
    return _shape_text_block(kept, text, box, size, is_cut=len(kept) < len(lines))


def _end_line_with_ellipsis(line: str, width: float, style: ShapingStyle) -> str:
    clusters = split_graphemes(line.rstrip(_CHARACTERS_CUT_BEFORE_ELLIPSIS))
    while clusters and shape_text_line("".join(clusters) + ELLIPSIS, style).width > width:
        clusters.pop()
    return "".join(clusters).rstrip(_CHARACTERS_CUT_BEFORE_ELLIPSIS) + ELLIPSIS
