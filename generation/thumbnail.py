"""JPEG files: slides within the limits of every platform, and thumbnails for lists of content."""

import io
from typing import NamedTuple

from PIL import Image

#: Longer side in pixels: two for each pixel in a list.
THUMBNAIL_SIDE_PX = 480
#: The lowest limit of all platforms is Bluesky's, 2 MB.
MAX_JPEG_BYTES = 1_900_000
#: From the third quality on, chroma is subsampled: the loss is less visible than that of a lower quality.
_JPEG_QUALITIES = (92, 88, 84, 78, 70, 60)


class EncodedPicture(NamedTuple):
    """A picture as a JPEG, with its thumbnail and its sides in pixels."""

    data: bytes
    thumbnail: bytes
    width: int
    height: int


def encode_picture(image: Image.Image) -> EncodedPicture:
    """Return an image with its thumbnail, both as JPEGs; the same image gives the same bytes."""
    return EncodedPicture(encode_jpeg(image), encode_picture_as_jpeg_thumbnail(image), *image.size)


def encode_picture_as_jpeg_thumbnail(image: Image.Image) -> bytes:
    """Return a JPEG with sides of at most 480 pixels; the same image gives the same bytes."""
    small = image.convert("RGB")
    small.thumbnail((THUMBNAIL_SIDE_PX, THUMBNAIL_SIDE_PX), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    small.save(written, "JPEG", quality=82, optimize=True)
    return written.getvalue()


def encode_jpeg(image: Image.Image) -> bytes:
    """Return an image as a JPEG of the best quality within `MAX_JPEG_BYTES`, else of the lowest quality.

    The same image gives the same bytes.
    """
    for quality in _JPEG_QUALITIES:
        written = io.BytesIO()
        image.save(written, "JPEG", quality=quality, subsampling=0 if quality > 84 else 2, optimize=True)
        if written.tell() <= MAX_JPEG_BYTES:
            break
    return written.getvalue()
