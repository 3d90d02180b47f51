"""Contact sheet: many pieces in one image, one row a piece, for a reviewer."""

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

#: Height of a picture, in pixels.
HEIGHT = 300
#: Gap between pictures, in pixels.
GAP = 12
_GROUND = (236, 236, 240)
#: Color of the bar before a row with faults.
_FAULT_COLOR = (214, 40, 40)
#: Maximum side of a JPEG, in pixels.
_MAX_SIDE = 65_000


def contact_sheet(rows: Sequence[tuple[Sequence[Path], bool]]) -> bytes:
    """Return a JPEG of the pieces' pictures. A bar marks each row that has faults."""
    height = min(HEIGHT, _MAX_SIDE // max(1, len(rows)) - GAP)
    drawn = [([_small(path, height) for path in paths], is_faulty) for paths, is_faulty in rows]
    width = max((sum(one.width + GAP for one in row) for row, _ in drawn), default=0)
    sheet = Image.new("RGB", (width + 2 * GAP, max(1, len(drawn)) * (height + GAP) + GAP), _GROUND)
    for number, (row, is_faulty) in enumerate(drawn):
        y, x = GAP + number * (height + GAP), 2 * GAP
        if is_faulty:
            ImageDraw.Draw(sheet).rectangle((0, y, GAP, y + height), fill=_FAULT_COLOR)
        for one in row:
            sheet.paste(one, (x, y))
            x += one.width + GAP
    written = io.BytesIO()
    sheet.save(written, "JPEG", quality=86)
    return written.getvalue()


def _small(path: Path, height: int) -> Image.Image:
    with Image.open(path) as image:
        size = (max(1, round(image.width * height / image.height)), height)
        return image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
