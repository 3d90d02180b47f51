"""SVG drawings as bitmaps: cleaned first, since the renderer alone would read files."""

import signal
import subprocess
import sys

from generation.drawings import CleanedDrawing, clean_drawing
from schemas.errors import GenerationError, PictureRefused

#: Maximum ratio of the longer side to the shorter one.
MAX_RATIO = 20

#: Signals of the kernel's OOM killer, of a service manager and of a terminal. The limits of `rasterizer.py`
#: end its process by other signals.
HOST_SIGNALS = {signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


def rasterize(data: bytes) -> bytes:
    """Render a drawing to a PNG in a subprocess. Raises `PictureRefused`, also if a limit killed the process.

    Such a refusal is final: the same drawing costs the same in each attempt. Raises `GenerationError` if the
    host killed the process, which proves nothing about the drawing.
    """
    drawing = clean_drawing(data)
    command = [sys.executable, "-m", "generation.rasterizer", _longer_side(drawing)]
    process = subprocess.run(command, check=False, input=drawing.text.encode(), capture_output=True, env={})
    if -process.returncode in HOST_SIGNALS:
        raise GenerationError("RENDERER_KILLED", "the renderer of a drawing was ended by its host")
    if process.returncode < 0:
        raise PictureRefused(
            "PICTURE_TOO_COSTLY",
            "the drawing takes more CPU or memory than it may: simplify it, or give a PNG",
        )
    if process.returncode:
        message = process.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise PictureRefused("PICTURE_UNREADABLE", f"the drawing is damaged: {message}")
    return process.stdout


def _longer_side(drawing: CleanedDrawing) -> str:
    """Return the renderer's argument: the longer side, so that the other side stays within the limit."""
    width, height = drawing.width, drawing.height
    if max(width, height) > MAX_RATIO * min(width, height):
        raise PictureRefused("PICTURE_TOO_NARROW", f"the drawing measures {width:g} x {height:g}")
    return "width" if width >= height else "height"
