"""Contrast of a slide's texts, measured on its pixels line by line."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from generation.looks.boxes import Box, MeasuredText, TextLine
from generation.looks.engine import Pixels

#: Share of a line's pixels, in percent, that may have less contrast.
_IGNORED_PIXEL_PERCENT = 2.0
#: Color in which a slide's texts are drawn to find their ink on any ground.
INK_MARK_COLOR = (255, 0, 255)
#: The same color in a type that keeps differences small in memory.
_INK_MARK = np.array(INK_MARK_COLOR, np.int16)
#: Largest difference of a channel to the mark of a pixel that is all ink, and of one that shows some.
_PURE_INK_DIFFERENCE, _SOME_INK_DIFFERENCE = 8, 110
#: Pixels of ink that a measurement needs.
_MIN_INK_PIXELS = 20
#: Longest part of a line without ink, in em: a blank of Chinese takes one. A longer part is cut off or covered.
_MAX_PART_WITHOUT_INK_EM = 1.8


class LineContrast(NamedTuple):
    """A line of a text with the box of its ink in the slide, and its WCAG contrast to its ground.

    `is_whole` is False if a part of the line is cut off or covered.
    """

    text: MeasuredText
    line: TextLine
    ink_box: tuple[int, int, int, int]
    contrast: float
    is_whole: bool = True


class SlideLayers(NamedTuple):
    """A slide's pixels as they are, without its texts, and with its texts in the mark's color."""

    drawn: Pixels
    bare: Pixels
    marked: Pixels


def measure_line_contrasts(layers: SlideLayers, texts: Sequence[MeasuredText]) -> Iterator[LineContrast]:
    """Yield each line's contrast: its pixels that are all ink against the ground below and between them.

    A line without ink has the contrast 1.
    """
    for text in texts:
        for line in text.lines:
            left, top, right, bottom = _clip_box(text.find_line_box_in_slide(line), layers.drawn)
            cut = (slice(top, bottom), slice(left, right))
            away = np.abs(layers.marked[cut].astype(np.int16) - _INK_MARK).max(2, initial=0)
            away = np.where((layers.marked[cut] == layers.bare[cut]).all(2), 255, away)
            inked = away <= _SOME_INK_DIFFERENCE
            contrast = _measure_contrast_of_ink(layers.drawn[cut], layers.bare[cut], away)
            is_whole = _measure_longest_part_without_ink(inked) <= _MAX_PART_WITHOUT_INK_EM * text.drawn_size
            yield LineContrast(text, line, _find_ink_box(inked, left, top), contrast, is_whole)


def _measure_longest_part_without_ink(inked: np.ndarray) -> int:
    """Return the longest run of columns, or of rows, without ink, in pixels."""
    longest = 0
    for axis in (0, 1):
        places = np.flatnonzero(inked.any(axis))
        longest = max(longest, int(np.diff(places, prepend=-1, append=inked.shape[1 - axis]).max(initial=0)) - 1)
    return longest


def _measure_contrast_of_ink(with_text: Pixels, ground: Pixels, away_from_mark: np.ndarray) -> float:
    """Return the contrast of a line's ink to the ground in the ink's box: below and between its letters."""
    ink = away_from_mark <= _PURE_INK_DIFFERENCE
    if int(ink.sum()) < _MIN_INK_PIXELS:
        ink = away_from_mark <= _SOME_INK_DIFFERENCE
    if not ink.any():
        return 1.0
    left, top, right, bottom = _find_ink_box(ink, 0, 0)
    text, below = float(np.median(compute_luminance(with_text[ink]))), compute_luminance(ground[top:bottom, left:right])
    ratios = (np.maximum(text, below) + 0.05) / (np.minimum(text, below) + 0.05)
    return float(np.percentile(ratios, _IGNORED_PIXEL_PERCENT))


def compute_luminance(pixels: np.ndarray) -> np.ndarray:
    """Return the relative luminance of pixels (WCAG 2.2)."""
    share = pixels.astype(np.float32) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722], np.float32)


def _find_ink_box(inked: np.ndarray, left: int, top: int) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(inked.any(1)), np.flatnonzero(inked.any(0))
    if not len(rows) or not len(columns):
        return left, top, left, top
    return left + int(columns[0]), top + int(rows[0]), left + int(columns[-1]) + 1, top + int(rows[-1]) + 1


def _clip_box(box: Box, pixels: Pixels) -> tuple[int, int, int, int]:
    height, width = pixels.shape[:2]
    left, top = max(0, min(width, int(box[0]) - 2)), max(0, min(height, int(box[1]) - 2))
    return left, top, max(left, min(width, int(box[2]) + 3)), max(top, min(height, int(box[3]) + 3))
