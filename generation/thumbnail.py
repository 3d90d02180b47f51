"""Thumbnail of a picture, as lists of content show it."""

import io

from PIL import Image

#: Pixels of its longer side: two for each of a list's.
SIDE = 480


def thumbnail(image: Image.Image) -> bytes:
    """A JPEG; the same image gives the same bytes."""
    small = image.convert("RGB")
    small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    small.save(written, "JPEG", quality=82, optimize=True)
    return written.getvalue()
