"""Drawings in SVG as pictures of dots: cleaned first, since a renderer left alone reads files."""

import signal
import subprocess
import sys

from generation.drawings import Drawing, cleaned
from schemas.errors import GenerationError, PictureRefused

#: The shorter side of the picture is at least a twentieth of the longer one.
MAX_RATIO = 20

#: Signals of a kernel out of memory, of a service manager and of a terminal. The limits of `rasterizer.py`
#: end its process by others.
BY_HOST = {signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


def rasterized(data: bytes) -> bytes:
    """A drawing as a PNG. Raises `PictureRefused`, also where the drawing got its process killed.

    Such a kill is final: the same drawing would cost the same in each attempt. Raises `GenerationError` for a
    kill by the host, which says nothing of the drawing.
    """
    drawing = cleaned(data)
    command = [sys.executable, "-m", "generation.rasterizer", _longer_side(drawing)]
    ended = subprocess.run(command, check=False, input=drawing.text.encode(), capture_output=True, env={})
    if -ended.returncode in BY_HOST:
        raise GenerationError("RENDERER_KILLED", "the renderer of a drawing was ended by its host")
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
