"""Rasterising: a line's ink as a coverage mask, without colour."""

from typing import NamedTuple

import uharfbuzz as hb
from PIL import Image

from generation.text.fonts import SHAPED_EM_UNITS
from generation.text.shaping import ShapedTextLine


class PlacedTextLineInkMask(NamedTuple):
    """The ink mask of a text line, and its place in pixels, right of the line's start and down from its baseline."""

    mask: Image.Image
    x: int
    y: int


def render_text_line_ink(line: ShapedTextLine, size: float) -> PlacedTextLineInkMask | None:
    """Return the ink mask of a shaped line of text at a font size in pixels, with its place; None without ink."""
    draw = hb.RasterDraw()
    draw.scale_factor = (SHAPED_EM_UNITS / size, SHAPED_EM_UNITS / size)
    for glyph in line.glyphs:
        draw.transform = (1, 0, 0, 1, glyph.x, glyph.y)
        draw.draw_glyph(glyph.font, glyph.id)
    drawn = draw.render()
    extents = drawn.extents
    if not extents.width or not extents.height:
        return None
    # The buffer's rows run from the bottom up.
    mask = Image.frombuffer("L", (extents.width, extents.height), bytes(drawn.buffer), "raw", "L", extents.stride, -1)
    return PlacedTextLineInkMask(mask, extents.x_origin, -(extents.y_origin + extents.height))
