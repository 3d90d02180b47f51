"""Thumbnail of a picture, for lists of content."""

import io

from PIL import Image

#: Longer side in pixels: two for each pixel in a list.
THUMBNAIL_SIDE_PX = 480


def thumbnail(image: Image.Image) -> bytes:
    """Return a JPEG; the same image gives the same bytes."""
    small = image.convert("RGB")
    small.thumbnail((THUMBNAIL_SIDE_PX, THUMBNAIL_SIDE_PX), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    small.save(written, "JPEG", quality=82, optimize=True)
    return written.getvalue()
