"""Frame of a picture: its size in pixels, and the part of it that texts keep to."""

from typing import NamedTuple

from generation.spec import Aspect


class Frame(NamedTuple):
    """`left`, `top`, `right` and `bottom` are the sides of the part for texts; other things lie anywhere."""

    width: int
    height: int
    left: int
    top: int
    right: int
    bottom: int

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height

    @property
    def column(self) -> int:
        return self.right - self.left

    @property
    def inset(self) -> int:
        """From either side of the picture to texts in its middle."""
        return max(self.left, self.width - self.right)


#: From 4:5 on Instagram takes JPEG as it is. Over 9:16 TikTok and Reels lay a rail at the right, a caption
#: at the foot and names at the top: texts keep to what is between.
FRAMES: dict[Aspect, Frame] = {
    "4:5": Frame(1080, 1350, 84, 70, 996, 1266),
    "1:1": Frame(1080, 1080, 84, 70, 996, 996),
    "9:16": Frame(1080, 1920, 84, 272, 940, 1250),
}
