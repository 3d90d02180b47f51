"""Drawings in SVG as pictures of dots: cleaned first, since a renderer left alone reads files."""

import resvg_py

from generation.drawings import Drawing, cleaned
from schemas.errors import PictureRefused

#: Longer side of the picture, in pixels; the shorter one is at least a twentieth of it.
SIDE, MAX_RATIO = 1_024, 20


def rasterized(data: bytes) -> bytes:
    """A drawing as a PNG. Raises `PictureRefused`."""
    drawing = cleaned(data)
    side = _longer_side(drawing)
    try:
        drawn = resvg_py.svg_to_bytes(svg_string=drawing.text, skip_system_fonts=True, **side)
    except (ValueError, RuntimeError, OverflowError) as error:
        raise PictureRefused("PICTURE_UNREADABLE", f"the drawing is damaged: {error}") from None
    return bytes(drawn)


def _longer_side(drawing: Drawing) -> dict[str, int]:
    """The side that is given to the renderer, so that the other one can't be longer."""
    width, height = drawing.width, drawing.height
    if max(width, height) > MAX_RATIO * min(width, height):
        raise PictureRefused("PICTURE_TOO_NARROW", f"the drawing measures {width:g} x {height:g}")
    return {"width": SIDE} if width >= height else {"height": SIDE}
