"""Size limits of a picture, checked by its metadata before any decoding."""

from schemas.errors import PictureRefused

#: Maximum side and pixels of a picture to decode, and its maximum bytes.
MAX_DECODED_PICTURE_FILE_SIDE_PX, MAX_PICTURE_PIXELS = 12_000, 60_000_000
MAX_PICTURE_BYTES = 20 << 20
#: Maximum ratio of the longer side to the shorter one.
MAX_PICTURE_SIDE_RATIO = 20
#: Height to width of a logo in generated content, at most, and width to height of a wordmark.
MAX_LOGO_SIDE_RATIO, MAX_WORDMARK_RATIO = 4, 8
#: Width to height from which a drawn picture is a wordmark.
MIN_WORDMARK_RATIO = 2.2


def is_too_long_for_logo(width: float, height: float) -> bool:
    """Return whether content can't use a logo of these sides: too tall, or too wide for a wordmark."""
    return height > MAX_LOGO_SIDE_RATIO * width or width > MAX_WORDMARK_RATIO * height


def check_picture_byte_count(count: int) -> None:
    """Raise `PictureRefused` for no bytes, or for more than `MAX_PICTURE_BYTES`."""
    if not count:
        raise PictureRefused("PICTURE_EMPTY", "the picture has no bytes")
    if count > MAX_PICTURE_BYTES:
        raise PictureRefused("PICTURE_TOO_LARGE", f"the picture has more than {MAX_PICTURE_BYTES >> 20} MB")


def check_picture_size(width: int, height: int) -> None:
    """Raise `PictureRefused` for a side too long, too many pixels, or too narrow an aspect ratio."""
    has = f"the picture has {width} x {height} pixels"
    if max(width, height) > MAX_DECODED_PICTURE_FILE_SIDE_PX or width * height > MAX_PICTURE_PIXELS:
        millions = MAX_PICTURE_PIXELS // 10**6
        raise PictureRefused(
            "PICTURE_TOO_LARGE", f"{has}: at most {millions} million, and {MAX_DECODED_PICTURE_FILE_SIDE_PX} a side"
        )
    if max(width, height) > MAX_PICTURE_SIDE_RATIO * min(width, height):
        raise PictureRefused("PICTURE_TOO_NARROW", f"{has}: a side is at most {MAX_PICTURE_SIDE_RATIO} times the other")
