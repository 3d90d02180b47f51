"""Fitting: finds the largest font size at which a text fits a box.

It tries whole words first, then hyphenated words, then words cut anywhere, then an ellipsis.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from generation.text.breaking import TextPiece, balanced, cut, lay_lines, pieces, split_smaller, widest
from generation.text.cleaning import ELLIPSIS, SOFT_HYPHEN, clean
from generation.text.scripts import graphemes, is_right_to_left, leading_of
from generation.text.shaping import ShapedLine, TextStyle, shape

#: Hyphenate only below this share of the largest size.
HYPHENATE_BELOW = 0.62
#: Hyphenate only if the size grows by this factor.
MIN_HYPHEN_GAIN = 1.2
#: Minimum heights above the first and below the last baseline of a block, in em: those of Inter.
CAP, DESCENT = 0.73, 0.2

_TRAILING = f" ,;:.-{SOFT_HYPHEN}"


class TextBox(NamedTuple):
    """Room for a text in pixels, and its maximum number of lines."""

    width: float
    height: float
    lines: int = 6


class Block(NamedTuple):
    """A fitted text: its lines, their font size in pixels, and the distance of their baselines in em."""

    lines: tuple[ShapedLine, ...]
    size: int
    leading: float
    right_to_left: bool
    is_cut: bool = False

    @property
    def ascent(self) -> float:
        """Return the pixels from the block's top to its first baseline, enough for capitals and accents."""
        return self.size * max(CAP, self.lines[0].top if self.lines else 0.0)

    @property
    def height(self) -> float:
        lines = self.size * self.leading * (len(self.lines) - 1)
        return self.ascent + lines + math.ceil(self.size * self._descent)

    @property
    def width(self) -> float:
        return self.size * max((line.width for line in self.lines), default=0.0)

    @property
    def _descent(self) -> float:
        return max(DESCENT, self.lines[-1].bottom if self.lines else 0.0)


class FittedText(NamedTuple):
    """A text to fit: its paragraphs in pieces, its style and its leading."""

    paragraphs: list[list[TextPiece]]
    style: TextStyle
    leading: float

    def laid(self, width: float) -> list[str]:
        return [line for one in self.paragraphs for line in lay_lines(one, width)]

    def balanced(self, width: float) -> list[str]:
        return [line for one in self.paragraphs for line in balanced(one, width)]

    def cut(self, width: float) -> "FittedText":
        return self._replace(paragraphs=[cut(one, width, self.style) for one in self.paragraphs])

    @property
    def widest(self) -> float:
        return max(map(widest, self.paragraphs), default=0.0)


def fit(
    text: str, box: TextBox, style: TextStyle, *, largest: int, least: int, leading: float = 1.06
) -> Block:
    """Fit a text into a box, with a font size between `least` and `largest`. Raises `TextRefused`."""
    cleaned = clean(text)
    paragraphs, leading = cleaned.split("\n"), leading_of(cleaned, leading)
    whole = FittedText([pieces(one, style) for one in paragraphs], style, leading)
    size = _largest_size(lambda size: _fits(whole, box, size), least, largest)
    if (size or 0) < HYPHENATE_BELOW * largest and box.lines > 1:
        soft = FittedText([split_smaller(one, style) for one in paragraphs], style, leading)
        softer = _largest_size(lambda size: _fits(soft, box, size), least, int(HYPHENATE_BELOW * largest))
        if softer and softer > MIN_HYPHEN_GAIN * (size or 0):
            whole, size = soft, softer
    if size is None:
        size = _largest_size(lambda size: _fits(whole.cut(box.width / size), box, size), least, largest)
    return _block(whole, box, size) if size else _truncate(whole, box, least)


def _largest_size(holds: Callable[[int], bool], least: int, largest: int) -> int | None:
    best = None
    while least <= largest:
        size = (least + largest) // 2
        if holds(size):
            best, least = size, size + 1
        else:
            largest = size - 1
    return best


def _fits(text: FittedText, box: TextBox, size: int) -> bool:
    width = box.width / size
    lines = text.laid(width)
    high = CAP + text.leading * (len(lines) - 1) + DESCENT
    return text.widest <= width and len(lines) <= box.lines and size * high <= box.height


def _block(text: FittedText, box: TextBox, size: int) -> Block:
    return _shaped(text.cut(box.width / size).balanced(box.width / size), text, box, size)


def _shaped(
    texts: Sequence[str], text: FittedText, box: TextBox, size: int, *, is_cut: bool = False
) -> Block:
    """Shape whole lines; shrink them if accents or letters at piece boundaries need more room."""
    lines = tuple(shape(line, text.style) for line in texts)
    block = Block(lines, size, text.leading, is_right_to_left(text.style.language), is_cut)
    needed = max((max(line.width, line.right - min(0.0, line.left)) for line in lines), default=0.0)
    share = min(1.0, box.width / max(1.0, size * needed), box.height / max(1.0, block.height))
    return block if share == 1.0 else block._replace(size=max(1, int(size * share)))


def _truncate(text: FittedText, box: TextBox, size: int) -> Block:
    """Keep as many lines as fit at the smallest size; the last one ends with an ellipsis."""
    lines = text.cut(box.width / size).laid(box.width / size)
    room = 1 + max(0, int((box.height / size - CAP - DESCENT) / text.leading))
    kept = lines[: min(box.lines, room)]
    if len(kept) < len(lines):
        kept[-1] = _with_ellipsis(kept[-1], box.width / size, text.style)
    return _shaped(kept, text, box, size, is_cut=len(kept) < len(lines))


def _with_ellipsis(line: str, width: float, style: TextStyle) -> str:
    clusters = graphemes(line.rstrip(_TRAILING))
    while clusters and shape("".join(clusters) + ELLIPSIS, style).width > width:
        clusters.pop()
    return "".join(clusters).rstrip(_TRAILING) + ELLIPSIS
