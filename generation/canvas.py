"""Canvas: an image that texts are set on, each of them measured as it is set."""

from typing import Literal, NamedTuple

from PIL import Image

from generation.color import RGB, measured_contrast
from generation.frame import Frame
from generation.paint import Size
from generation.text.fitting import Block
from generation.text.raster import Ink, ink

Align = Literal["start", "middle", "end"]


class Mark(NamedTuple):
    """A text that was set: the box of its ink, its contrast to what is under it, its size in pixels."""

    name: str
    box: tuple[int, int, int, int]
    contrast: float
    size: int
    is_cut: bool


class Canvas:
    """An image in a language that runs from left to right or back; `marks` are the texts on it."""

    def __init__(self, image: Image.Image, frame: Frame, *, right_to_left: bool) -> None:
        self.image = image
        self.frame = frame
        self.right_to_left = right_to_left
        self.marks: list[Mark] = []

    @property
    def width(self) -> int:
        return self.image.width

    @property
    def height(self) -> int:
        return self.image.height

    def start(self, offset: float, width: float = 0.0) -> int:
        """The left edge of what is so wide and lies so far from where lines of text start."""
        if self.right_to_left:
            return round(self.frame.right - offset - width)
        return round(self.frame.left + offset)

    def aside(self, offset: float, width: float = 0.0) -> int:
        """The left edge of what is so wide and lies so far from the side of the picture where lines start."""
        return round(self.width - offset - width if self.right_to_left else offset)

    def set(
        self,
        name: str,
        block: Block,
        place: tuple[float, float],
        width: float,
        *,
        color: RGB,
        align: Align = "start",
    ) -> float:
        """Set a block into a column; the place is its left top. Returns the y of its bottom."""
        x, y = place
        inked: list[tuple[Ink, Size]] = []
        for number, line in enumerate(block.lines):
            room = width - line.width * block.size
            left = x + room * self._share(align)
            if found := ink(line, block.size):
                base = y + block.ascent + number * block.size * block.leading
                inked.append((found, (round(left) + found.x, round(base) + found.y)))
        # All is measured before any of it is set: lines may reach into each other.
        self.marks += [self._mark(name, block, found.mask.size, where, color) for found, where in inked]
        for found, where in inked:
            self.image.paste(color, where, found.mask)
        return y + block.height

    def _share(self, align: Align) -> float:
        if align == "middle":
            return 0.5
        return float((align == "end") != self.right_to_left)

    def _mark(self, name: str, block: Block, size: Size, place: Size, color: RGB) -> Mark:
        box = (*place, place[0] + size[0], place[1] + size[1])
        contrast = measured_contrast(self.image.crop(box), color)
        return Mark(name, box, contrast, block.size, block.is_cut)
