"""Roles of pictures, by their pixels."""

from typing import NamedTuple

from PIL import Image

from generation.spec import PictureRole


class PictureTraits(NamedTuple):
    """A picture's role, the point to keep visible and its subject's box, as shares of its sides."""

    role: PictureRole = "photo"
    focus: tuple[float, float] = (0.5, 0.5)
    subject: tuple[float, float, float, float] | None = None
    has_face: bool = False
    cut_out: bool = False
    detail: float = 1.0


def read_picture_traits(image: Image.Image, *, declared: PictureRole | None = None) -> PictureTraits:
    """Return a picture's traits; `declared` is a partner's role, which decides."""
    return PictureTraits(role=declared or "photo", cut_out=image.mode == "RGBA")
