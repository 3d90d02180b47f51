"""Frame of a picture: its size in pixels, and the safe zone for texts."""

from typing import NamedTuple

from generation.spec import AspectRatio


class PictureSizeAndSafeZone(NamedTuple):
    """The sides `left`, `top`, `right` and `bottom` bound the safe zone; other objects may lie outside."""

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
    def safe_width(self) -> int:
        return self.right - self.left

    @property
    def text_inset(self) -> int:
        """Return the margin in pixels at the left and at the right of centered texts."""
        return max(self.left, self.width - self.right)


#: Instagram accepts JPEG from 4:5 on. Over 9:16, TikTok and Reels overlay a rail at the right, a caption at
#: the bottom and names at the top: texts stay between them.
PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT: dict[AspectRatio, PictureSizeAndSafeZone] = {
    "4:5": PictureSizeAndSafeZone(1080, 1350, 84, 70, 996, 1266),
    "1:1": PictureSizeAndSafeZone(1080, 1080, 84, 70, 996, 996),
    "9:16": PictureSizeAndSafeZone(1080, 1920, 84, 272, 940, 1250),
}
