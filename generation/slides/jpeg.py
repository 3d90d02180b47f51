"""JPEG files of slides, as every platform takes them."""

import io

from PIL import Image

#: Bluesky's limit is 2 MB, the lowest of all platforms'.
MAX_BYTES = 1_900_000
#: Below the second quality colours are kept at half the size: nobody sees it beside what quality costs.
_QUALITIES = (92, 88, 84, 78, 70, 60)


def jpeg(image: Image.Image) -> bytes:
    """The best quality that stays within the limit; the same image gives the same bytes."""
    for quality in _QUALITIES:
        written = io.BytesIO()
        image.save(written, "JPEG", quality=quality, subsampling=0 if quality > 84 else 2, optimize=True)
        if written.tell() <= MAX_BYTES:
            break
    return written.getvalue()
