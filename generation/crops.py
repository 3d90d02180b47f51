"""Crops: the part of a picture that a box of another shape shows, with the picture's subject inside.

Boxes of pictures are shares of their sides: left, top, right, bottom.
"""

from generation.attention import ShareBox

Size = tuple[float, float]
Point = tuple[float, float]


def find_crop(picture: Size, box: Size, focus: Point, subject: ShareBox | None = None) -> ShareBox:
    """Return the largest part of a picture with the shape of a box, near the focus and around the subject.

    A subject that doesn't fit fills the part.
    """
    scale = max(box[0] / picture[0], box[1] / picture[1])
    width, height = min(1.0, box[0] / (picture[0] * scale)), min(1.0, box[1] / (picture[1] * scale))
    span = subject or (*focus, *focus)
    left = _find_start(width, focus[0], span[0], span[2])
    top = _find_start(height, focus[1], span[1], span[3])
    return left, top, left + width, top + height


def _find_start(length: float, focus: float, first: float, last: float) -> float:
    """Return the start of a part of this length: its middle at the focus, then moved around or into the span."""
    near, far = sorted((first, last - length))
    start = min(max(focus - length / 2, near), far)
    return min(max(start, 0.0), 1.0 - length)


def find_position_shares(crop: ShareBox) -> Point:
    """Return a crop's place among all possible ones, in shares, as CSS `object-position` takes them."""
    across, down = 1 - (crop[2] - crop[0]), 1 - (crop[3] - crop[1])
    return (crop[0] / across if across > 0 else 0.5, crop[1] / down if down > 0 else 0.5)
