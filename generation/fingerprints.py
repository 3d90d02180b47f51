"""Fingerprints of pictures: the same picture in another size or quality is recognized by a few means of its pixels.

A crop of a picture counts as another picture.
"""

import math

import numpy as np
from PIL import Image

from generation.paint import flatten_picture_on_white
from generation.picture_roles import detect_picture_role
from schemas.pictures import PictureRole

#: Cells of a fingerprint in each direction; each is the mean color of a part of the picture.
FINGERPRINT_SIDE = 16
#: Largest difference of a channel of a cell between two copies of a picture. Measured on drawn samples: 200 to 1,000
#: pixels wide at JPEG quality 40 give at most 4, one more line of text on a screen gives 8.
MAX_CELL_DIFFERENCE = 6
#: Largest difference of two copies' shapes, as a power of two of width to height: 3 %.
MAX_SHAPE_DIFFERENCE = 0.043
#: Steps of the shape in a fingerprint.
_SHAPE_STEPS, _SHAPE_ZERO = 1_000, 1 << 15
_SHAPE_BYTES = 2


def summarize_picture(image: Image.Image, size: tuple[int, int]) -> tuple[PictureRole, bytes]:
    """Return the role and the fingerprint of a picture in RGB or RGBA; `size` is that of its file."""
    return detect_picture_role(image, size), compute_fingerprint(image, size)


def compute_fingerprint(image: Image.Image, size: tuple[int, int] | None = None) -> bytes:
    """Return the fingerprint of a picture: its shape, and the mean colors of its cells on white.

    `size` is that of its file, if `image` is a smaller copy.
    """
    width, height = size or image.size
    shape = round(math.log2(width / height) * _SHAPE_STEPS) + _SHAPE_ZERO
    # A smooth filter without a first reduction: cells of other sizes would not have the same borders.
    cells = flatten_picture_on_white(image).resize((FINGERPRINT_SIDE, FINGERPRINT_SIDE), Image.Resampling.BILINEAR)
    return shape.to_bytes(_SHAPE_BYTES, "big") + cells.tobytes()


def is_same_picture(one: bytes, other: bytes) -> bool:
    """Return whether two fingerprints are those of copies of one picture."""
    if len(one) != len(other):
        return False
    shapes = [int.from_bytes(each[:_SHAPE_BYTES], "big") for each in (one, other)]
    if abs(shapes[0] - shapes[1]) > MAX_SHAPE_DIFFERENCE * _SHAPE_STEPS:
        return False
    first, second = (np.frombuffer(each, np.uint8, offset=_SHAPE_BYTES).astype(np.int16) for each in (one, other))
    return int(np.abs(first - second).max()) <= MAX_CELL_DIFFERENCE
