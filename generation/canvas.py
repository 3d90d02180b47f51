"""Canvas: an image that texts are set on, each of them measured as it is set."""

import math
from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from PIL import Image

from generation.color import RGB, measured_contrast
from generation.frame import Frame
from generation.made import Shown
from generation.text.fitting import Block
from generation.text.raster import ink
from generation.text.shaping import Line

Align = Literal["start", "middle", "end"]
#: Left, top, right and bottom of what is drawn.
Edges: TypeAlias = tuple[int, int, int, int]


class Inked(NamedTuple):
    """A line with its mask and where that goes."""

    line: Line
    mask: Image.Image
    box: Edges


class Mark(NamedTuple):
    """A line that was set: the box of its ink, its contrast to what is under it, its size in pixels."""

    name: str
    text: str
    box: Edges
    contrast: float
    size: int
    is_cut: bool

    def shown(self) -> Shown:
        return Shown(
            name=self.name,
            text=self.text,
            box=self.box,
            size=self.size,
            contrast=round(self.contrast, 2),
            is_cut=self.is_cut,
        )


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
        share = share_of(align, right_to_left=self.right_to_left)
        lines = [*inked(block, place, width, share)]
        # All is measured before any of it is set: lines may reach into each other.
        self.marks += [self._mark(name, one, block, color) for one in lines]
        for one in lines:
            self.image.paste(color, one.box[:2], one.mask)
        return place[1] + block.height

    def _mark(self, name: str, one: Inked, block: Block, color: RGB) -> Mark:
        contrast = measured_contrast(self.image.crop(one.box), color)
        return Mark(name, one.line.text, one.box, contrast, block.size, block.is_cut)


def share_of(align: Align, *, right_to_left: bool) -> float:
    """Share of the free width that is left of a line."""
    return 0.5 if align == "middle" else float((align == "end") != right_to_left)


def inked(block: Block, place: tuple[float, float], width: float, share: float) -> Iterator[Inked]:
    """Lines at their place: by their ink, whatever a letter keeps free beside itself or reaches beyond."""
    x, y = place
    for number, line in enumerate(block.lines):
        if found := ink(line, block.size):
            left = math.ceil(x) + math.floor((math.floor(width) - found.mask.width) * share)
            top = math.floor(y + block.ascent + number * block.size * block.leading) + found.y
            box = (left, top, left + found.mask.width, top + found.mask.height)
            yield Inked(line, found.mask, box)
