"""Drawings in SVG as pictures of dots: cleaned first, since a renderer left alone reads files."""

import subprocess
import sys

from generation.drawings import Drawing, cleaned
from schemas.errors import PictureRefused

#: The shorter side of the picture is at least a twentieth of the longer one.
MAX_RATIO = 20


def rasterized(data: bytes) -> bytes:
    """A drawing as a PNG. Raises `PictureRefused`, also where the drawing's process was killed.

    A kill is final: the same drawing would cost the same in each attempt.
    """
    drawing = cleaned(data)
    command = [sys.executable, "-m", "generation.rasterizer", _longer_side(drawing)]
    ended = subprocess.run(command, check=False, input=drawing.text.encode(), capture_output=True, env={})
    if ended.returncode < 0:
        raise PictureRefused(
            "PICTURE_TOO_COSTLY",
            "the drawing takes more CPU or memory than it may: simplify it, or give a PNG",
        )
    if ended.returncode:
        said = ended.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise PictureRefused("PICTURE_UNREADABLE", f"the drawing is damaged: {said}")
    return ended.stdout


def _longer_side(drawing: Drawing) -> str:
    """The side that is given to the renderer, so that the other one can't be longer."""
    width, height = drawing.width, drawing.height
    if max(width, height) > MAX_RATIO * min(width, height):
        raise PictureRefused("PICTURE_TOO_NARROW", f"the drawing measures {width:g} x {height:g}")
    return "width" if width >= height else "height"
