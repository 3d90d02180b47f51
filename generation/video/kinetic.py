"""Kinetic text: a fitted text that appears word by word, or by phrases in scripts without spaces."""

import math
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from PIL import Image

from generation.canvas import (
    Canvas,
    TextAlignment,
    compute_left_share_of_free_width,
    describe_drawn_text,
    place_inked_text_lines,
)
from generation.color import RGB, measure_text_contrast
from generation.outputs import MeasuredDrawnTextLine
from generation.paint import PixelSize
from generation.text.breaking import split_words_in_any_script
from generation.text.fitting import TypesetBlock
from generation.text.raster import render_text_line_ink
from generation.text.shaping import ShapedTextLine
from generation.video.easing import ease_out, ease_out_back

#: Maximum seconds from one word to the next.
MAX_WORD_INTERVAL_S = 0.12
#: Duration of a word's movement.
_WORD_MOVEMENT_S = 0.3
#: Share of its size by which a word rises.
_WORD_RISE_EM = 0.42
_WORD_INITIAL_SCALE = 0.74


class PlacedWord(NamedTuple):
    """A word's ink and final place; `line` is its line of the block, `number` its position in the text."""

    mask: Image.Image
    place: PixelSize
    line: int
    number: int
    length: int


class TextBlockPlacement(NamedTuple):
    """Room for a block: its left top, its width, and its alignment."""

    x: float
    y: float
    width: float
    align: TextAlignment = "start"


class KineticText:
    """A block in a column; `emphasis` is the color of its longest word, if set."""

    def __init__(
        self,
        name: str,
        block: TypesetBlock,
        column: TextBlockPlacement,
        language: str,
        *,
        color: RGB,
        emphasis: RGB | None = None,
    ) -> None:
        self.name, self.block, self.column, self.language = name, block, column, language
        share = compute_left_share_of_free_width(column.align, right_to_left=block.right_to_left)
        self._lines = [*place_inked_text_lines(block, (column.x, column.y), column.width, share)]
        self.words = [*self._place_words()]
        self.word_count = 1 + max((word.number for word in self.words), default=0)
        self._colors = self._color_words(color, emphasis)

    @property
    def bottom_y(self) -> float:
        return self.column.y + self.block.height

    def _place_words(self) -> Iterator[PlacedWord]:
        number, size = 0, self.block.size
        for row, one in enumerate(self._lines):
            whole = render_text_line_ink(one.line, size)
            for text, part in _split_line_words(one.line, self.language):
                if whole and (drawn := render_text_line_ink(part, size)):
                    place = one.box[0] + drawn.x - whole.x, one.box[1] + drawn.y - whole.y
                    yield PlacedWord(drawn.mask, place, row, number, len(text.strip()))
                    number += 1

    def _color_words(self, color: RGB, emphasis: RGB | None) -> list[RGB]:
        """Return the color of each word of the text: `emphasis` for the longest one, unless it is the only one."""
        longest = max(self.words, key=lambda word: word.length, default=None)
        telling = longest if emphasis and self.word_count > 1 else None
        return [emphasis if emphasis and word is telling else color for word in self.words]

    def draw(self, image: Image.Image, seconds: float, step: float = MAX_WORD_INTERVAL_S) -> None:
        """Draw onto a frame the words that have started `seconds` after the text's start, one every `step` seconds."""
        for word, color in zip(self.words, self._colors, strict=True):
            share = (seconds - word.number * step) / _WORD_MOVEMENT_S
            if share >= 1:
                image.paste(color, word.place, word.mask)
            elif share > 0:
                self._draw_appearing_word(image, word, color, share)

    def _draw_appearing_word(self, image: Image.Image, word: PlacedWord, color: RGB, share: float) -> None:
        scale = _WORD_INITIAL_SCALE + (1 - _WORD_INITIAL_SCALE) * ease_out_back(share)
        size = max(1, round(word.mask.width * scale)), max(1, round(word.mask.height * scale))
        alpha = min(1.0, share * 2)
        mask = word.mask.resize(size, Image.Resampling.BILINEAR).point([int(v * alpha) for v in range(256)])
        down = (1 - ease_out(share)) * self.block.size * _WORD_RISE_EM
        left = word.place[0] + (word.mask.width - size[0]) / 2
        top = word.place[1] + (word.mask.height - size[1]) / 2 + down
        image.paste(color, (round(left), round(top)), mask)

    def draw_final_state(self, canvas: Canvas) -> None:
        """Draw all words onto a canvas in their final state; append each line, measured before, to its `marks`."""
        canvas.marks += [
            self._describe_drawn_row_with_contrast(canvas.image, row)
            for row in sorted({word.line for word in self.words})
        ]
        self.draw(canvas.image, math.inf)

    def _describe_drawn_row_with_contrast(self, image: Image.Image, row: int) -> MeasuredDrawnTextLine:
        boxes = [
            ((*word.place, word.place[0] + word.mask.width, word.place[1] + word.mask.height), color)
            for word, color in zip(self.words, self._colors, strict=True)
            if word.line == row
        ]
        lefts, tops, rights, bottoms = zip(*(box for box, _ in boxes), strict=True)
        contrast = min(measure_text_contrast(image.crop(box), color) for box, color in boxes)
        whole = min(lefts), min(tops), max(rights), max(bottoms)
        return describe_drawn_text(self.name, self._lines[row].line.text, whole, contrast, self.block)


def _split_line_words(line: ShapedTextLine, language: str) -> Iterator[tuple[str, ShapedTextLine]]:
    """Yield the words of a shaped line in reading order, each with its own glyphs at their places in the line."""
    texts = [*split_words_in_any_script(line.text, language)]
    ends = [*accumulate(map(len, texts))]
    numbers = [bisect_right(ends, glyph.at) for glyph in line.glyphs]
    for number, text in enumerate(texts):
        glyphs = (glyph for glyph, of in zip(line.glyphs, numbers, strict=True) if of == number)
        yield text, line._replace(glyphs=tuple(glyphs))
