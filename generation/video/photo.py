"""Photo of a scene, which moves slowly within its box."""

from collections.abc import Iterator

import numpy as np
from PIL import Image

from generation.canvas import PixelBox

#: Pixels by which a photo is larger than its box, in each direction.
PHOTO_ROOM_PX = 120
#: Value of a mask's pixel that shows the photo alone.
OPAQUE = 255


class MovingPhoto:
    """A picture larger than its box; `mask` is its share of each pixel there.

    `way` is the direction of its movement across and down, -1, 0 or 1 each; 0 and 0 push it towards the viewer.
    """

    def __init__(self, picture: Image.Image, box: PixelBox, mask: Image.Image, way: tuple[int, int] = (0, 0)) -> None:
        self._picture, self._box, self._mask, self._way = picture, box, mask, way
        self._bands = [*_split_at_opaque_rows(mask)]

    def with_way(self, way: tuple[int, int]) -> "MovingPhoto":
        return MovingPhoto(self._picture, self._box, self._mask, way)

    @property
    def _size(self) -> tuple[int, int]:
        return self._box[2] - self._box[0], self._box[3] - self._box[1]

    def draw(self, image: Image.Image, share: float) -> None:
        """Draw the photo as it is at a share of its movement."""
        cut = self._cut(min(1.0, share))
        for top, bottom, mask in self._bands:
            band = cut.crop((0, top, cut.width, bottom))
            image.paste(band, (self._box[0], self._box[1] + top), mask)

    def _cut(self, share: float) -> Image.Image:
        width, height = self._size
        if self._way == (0, 0):
            inset = PHOTO_ROOM_PX / 2 * share
            box = (
                inset,
                inset * height / width,
                self._picture.width - inset,
                self._picture.height - inset * height / width,
            )
            return self._picture.resize(self._size, Image.Resampling.BILINEAR, box=box)
        left, top = (round(PHOTO_ROOM_PX * (0.5 + way * (share - 0.5))) for way in self._way)
        return self._picture.crop((left, top, left + width, top + height))


def _split_at_opaque_rows(mask: Image.Image) -> Iterator[tuple[int, int, Image.Image | None]]:
    """Yield bands of rows with their mask; the largest band of opaque rows has none, and is faster to draw."""
    opaque = np.concatenate([[False], (np.asarray(mask) == OPAQUE).all(axis=1), [False]])
    edges = np.flatnonzero(opaque[1:] != opaque[:-1]).reshape(-1, 2)
    start, end = max(edges.tolist(), key=lambda run: run[1] - run[0], default=(0, 0))
    for top, bottom, is_opaque in ((0, start, False), (start, end, True), (end, mask.height, False)):
        if bottom > top:
            yield top, bottom, None if is_opaque else mask.crop((0, top, mask.width, bottom))
