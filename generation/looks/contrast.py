"""Contrast of a slide's texts, measured on its pixels line by line."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from generation.looks.boxes import Box, MeasuredText, TextLine
from generation.looks.engine import Pixels

#: Share of a line's pixels, in percent, that may have less contrast.
_IGNORED_PIXEL_PERCENT = 5.0
#: Largest difference of a channel between a text's color and a pixel that is all ink.
_SAME_COLOR_DIFFERENCE = 6
#: Smallest difference of a channel that shows ink.
_INK_DIFFERENCE = 10
#: Pixels of ink that a measurement needs.
_MIN_INK_PIXELS = 20


class LineContrast(NamedTuple):
    """A line of a text with the box of its ink in the slide, and its WCAG contrast to its ground."""

    text: MeasuredText
    line: TextLine
    ink_box: tuple[int, int, int, int]
    contrast: float


def measure_line_contrasts(drawn: Pixels, bare: Pixels, texts: Sequence[MeasuredText]) -> Iterator[LineContrast]:
    """Yield each line's contrast: its ink in `drawn` against the same pixels of `bare`, the slide without texts.

    A line without visible ink has the contrast 1.
    """
    for text in texts:
        for line in text.lines:
            left, top, right, bottom = _clip_box(text.find_line_box_in_slide(line), drawn)
            with_text, ground = drawn[top:bottom, left:right], bare[top:bottom, left:right]
            difference = np.abs(with_text.astype(np.int16) - ground).max(2) if with_text.size else np.zeros((0, 0))
            inked = difference > _INK_DIFFERENCE
            ink_box = _find_ink_box(inked, left, top)
            yield LineContrast(text, line, ink_box, _measure_contrast_of_ink(with_text, ground, inked, difference))


def _measure_contrast_of_ink(
    with_text: Pixels, ground: Pixels, inked: "np.ndarray[tuple[int, int], np.dtype[np.bool_]]", difference: np.ndarray
) -> float:
    if int(inked.sum()) < _MIN_INK_PIXELS:
        return 1.0
    strong = difference >= np.percentile(difference[inked], 80)
    color = np.median(with_text[strong], axis=0)
    pure = inked & (np.abs(with_text - color).max(2) <= _SAME_COLOR_DIFFERENCE)
    if int(pure.sum()) < _MIN_INK_PIXELS:
        pure = strong
    text, below = compute_luminance(with_text[pure]), compute_luminance(ground[pure])
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
