"""Canvas: an image with texts, each measured before it is drawn."""

import math
from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from PIL import Image

from generation.color import RGB, measure_text_contrast
from generation.frame import PictureSizeAndSafeZone
from generation.outputs import MeasuredDrawnTextLine
from generation.text.fitting import TypesetBlock
from generation.text.raster import render_text_line_ink
from generation.text.shaping import ShapedTextLine

TextAlignment = Literal["start", "middle", "end"]
#: Bounding box in pixels: left, top, right, bottom.
PixelBox: TypeAlias = tuple[int, int, int, int]


class InkedText(NamedTuple):
    """A shaped line of text with its ink mask and the mask's place in the image."""

    line: ShapedTextLine
    mask: Image.Image
    box: PixelBox


class Canvas:
    """An image with a text direction; `marks` are the texts drawn on it."""

    def __init__(self, image: Image.Image, frame: PictureSizeAndSafeZone, *, right_to_left: bool) -> None:
        self.image = image
        self.frame = frame
        self.right_to_left = right_to_left
        self.marks: list[MeasuredDrawnTextLine] = []

    @property
    def width(self) -> int:
        return self.image.width

    @property
    def height(self) -> int:
        return self.image.height

    def draw_text_block(
        self,
        name: str,
        block: TypesetBlock,
        place: tuple[float, float],
        width: float,
        *,
        color: RGB,
        align: TextAlignment = "start",
    ) -> float:
        """Draw a text block in a column with its top left at `place`. Return the y of the block's bottom.

        Append each drawn line, with its measured contrast, to the canvas's `marks`.
        """
        share = compute_left_share_of_free_width(align, right_to_left=self.right_to_left)
        lines = [*place_inked_text_lines(block, place, width, share)]
        # Measure all lines before drawing any: lines may overlap.
        self.marks += [self._describe_drawn_line_with_contrast(name, one, block, color) for one in lines]
        for one in lines:
            self.image.paste(color, one.box[:2], one.mask)
        return place[1] + block.height

    def _describe_drawn_line_with_contrast(
        self, name: str, inked: InkedText, block: TypesetBlock, color: RGB
    ) -> MeasuredDrawnTextLine:
        contrast = measure_text_contrast(self.image.crop(inked.box), color)
        return describe_drawn_text(name, inked.line.text, inked.box, contrast, block)


def describe_drawn_text(
    name: str, text: str, box: PixelBox, contrast: float, block: TypesetBlock
) -> MeasuredDrawnTextLine:
    return MeasuredDrawnTextLine(
        name=name, text=text, box=box, size=block.size, contrast=round(contrast, 2), is_cut=block.is_cut
    )


def compute_left_share_of_free_width(align: TextAlignment, *, right_to_left: bool) -> float:
    """Return the share of a line's free width to leave at its left: 0.5 if centered, else 0.0 or 1.0."""
    return 0.5 if align == "middle" else float((align == "end") != right_to_left)


def place_inked_text_lines(
    block: TypesetBlock, place: tuple[float, float], width: float, share: float
) -> Iterator[InkedText]:
    """Yield each line of a text block with its ink mask and its box on the canvas; skip lines without ink.

    Lines are aligned by their ink instead of their advance width.
    """
    x, y = place
    for number, line in enumerate(block.lines):
        if drawn := render_text_line_ink(line, block.size):
            left = math.ceil(x) + math.floor((math.floor(width) - drawn.mask.width) * share)
            top = math.floor(y + block.ascent_px + number * block.size * block.leading) + drawn.y
            box = (left, top, left + drawn.mask.width, top + drawn.mask.height)
            yield InkedText(line, drawn.mask, box)
