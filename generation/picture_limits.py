"""Limits of a picture, which whoever knows its size can hold it against without opening it."""

from schemas.errors import PictureRefused

#: Sides and pixels of a picture that is decoded at all, and its bytes.
MAX_SIDE, MAX_PIXELS = 12_000, 60_000_000
MAX_BYTES = 20 << 20
#: A side may be so many times the other one.
MAX_RATIO = 20


def check_bytes(count: int) -> None:
    """Raises `PictureRefused`."""
    if not count:
        raise PictureRefused("PICTURE_EMPTY", "the picture has no bytes")
    if count > MAX_BYTES:
        raise PictureRefused("PICTURE_TOO_LARGE", f"the picture has more than {MAX_BYTES >> 20} MB")


def check_size(width: int, height: int) -> None:
    """Raises `PictureRefused`."""
    has = f"the picture has {width} x {height} pixels"
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        millions = MAX_PIXELS // 10**6
        raise PictureRefused("PICTURE_TOO_LARGE", f"{has}: {millions} million, and {MAX_SIDE} a side, may be")
    if max(width, height) > MAX_RATIO * min(width, height):
        raise PictureRefused("PICTURE_TOO_NARROW", f"{has}: a side is at most {MAX_RATIO} times the other")
