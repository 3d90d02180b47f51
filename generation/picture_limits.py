"""Size limits of a picture, checked by its metadata before any decoding."""

from schemas.errors import PictureRefused

#: Maximum side and pixels of a picture to decode, and its maximum bytes.
MAX_SIDE, MAX_PIXELS = 12_000, 60_000_000
MAX_BYTES = 20 << 20
#: Maximum ratio of the longer side to the shorter one.
MAX_RATIO = 20


def check_bytes(count: int) -> None:
    """Check the number of bytes. Raises `PictureRefused`."""
    if not count:
        raise PictureRefused("PICTURE_EMPTY", "the picture has no bytes")
    if count > MAX_BYTES:
        raise PictureRefused("PICTURE_TOO_LARGE", f"the picture has more than {MAX_BYTES >> 20} MB")


def check_size(width: int, height: int) -> None:
    """Check the sides, the pixels and the aspect ratio. Raises `PictureRefused`."""
    has = f"the picture has {width} x {height} pixels"
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        millions = MAX_PIXELS // 10**6
        raise PictureRefused("PICTURE_TOO_LARGE", f"{has}: at most {millions} million, and {MAX_SIDE} a side")
    if max(width, height) > MAX_RATIO * min(width, height):
        raise PictureRefused("PICTURE_TOO_NARROW", f"{has}: a side is at most {MAX_RATIO} times the other")
