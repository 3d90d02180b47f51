"""Rasterising: a line's ink as a mask of coverage, without colour."""

from typing import NamedTuple

import uharfbuzz as hb
from PIL import Image

from generation.text.fonts import EM
from generation.text.shaping import Line


class Ink(NamedTuple):
    """A mask and its place: pixels right of the line's start, and down from its baseline."""

    mask: Image.Image
    x: int
    y: int


def ink(line: Line, size: float) -> Ink | None:
    """A line's ink at a size in pixels; none of a line without any."""
    draw = hb.RasterDraw()
    draw.scale_factor = (EM / size, EM / size)
    for glyph in line.glyphs:
        draw.transform = (1, 0, 0, 1, glyph.x, glyph.y)
        draw.draw_glyph(glyph.font, glyph.id)
    drawn = draw.render()
    extents = drawn.extents
    if not extents.width or not extents.height:
        return None
    # Its rows come from the bottom up.
    mask = Image.frombuffer(
        "L", (extents.width, extents.height), bytes(drawn.buffer), "raw", "L", extents.stride, -1
    )
    return Ink(mask, extents.x_origin, -(extents.y_origin + extents.height))
