"""Fingerprints of pictures: the same picture in another size or quality is recognized by a few means of its pixels.

A crop of a picture counts as another picture. The module needs no numpy, so that the API can compare fingerprints.
"""

import math

from PIL import Image

#: Cells of a fingerprint in each direction; each is the mean color of a part of the picture.
FINGERPRINT_SIDE = 16
#: Largest difference of a channel of a cell between two copies of a picture. Measured on drawn samples: 200 to 1,000
#: pixels wide at JPEG quality 40 give at most 4, one more line of text on a screen gives 8.
MAX_CELL_DIFFERENCE = 6
#: Largest difference of two copies' shapes, in thousandths of a power of two of width to height: 3 %.
MAX_SHAPE_DIFFERENCE = 43
#: Steps of a power of two in a fingerprint's shape, and the step of a square.
_SHAPE_STEPS, _SQUARE_SHAPE = 1_000, 1 << 15
_SHAPE_BYTES = 2


def compute_fingerprint(image: Image.Image, size: tuple[int, int] | None = None) -> bytes:
    """Return the fingerprint of a picture: its shape, and the mean colors of its cells on white.

    `size` is that of its file, if `image` is a smaller copy.
    """
    width, height = size or image.size
    shape = round(math.log2(width / height) * _SHAPE_STEPS) + _SQUARE_SHAPE
    small = image.convert("RGBA" if image.has_transparency_data else "RGB")
    # A smooth filter without a first reduction: cells of other sizes would not have the same borders.
    cells = small.resize((FINGERPRINT_SIDE, FINGERPRINT_SIDE), Image.Resampling.BILINEAR)
    if cells.mode == "RGBA":
        cells = Image.alpha_composite(Image.new("RGBA", cells.size, "white"), cells).convert("RGB")
    return shape.to_bytes(_SHAPE_BYTES, "big") + cells.tobytes()


def is_same_picture(one: bytes, other: bytes) -> bool:
    """Return whether two fingerprints are those of copies of one picture."""
    shapes = [int.from_bytes(each[:_SHAPE_BYTES], "big") for each in (one, other)]
    if len(one) != len(other) or abs(shapes[0] - shapes[1]) > MAX_SHAPE_DIFFERENCE:
        return False
    cells = zip(one[_SHAPE_BYTES:], other[_SHAPE_BYTES:], strict=True)
    return all(abs(first - second) <= MAX_CELL_DIFFERENCE for first, second in cells)
