"""Signature: a presenter's face and name, which fade in together with what they are."""

from PIL import Image

from generation.canvas import Canvas
from generation.slides.byline import Byline
from generation.slides.kit import Kit
from generation.theme import Ground

_FADES = 0.35


class Signature:
    """A byline in the middle of the picture."""

    count = 1

    def __init__(self, byline: Byline, kit: Kit, ground: Ground, top: int) -> None:
        self._byline, self._kit, self._ground, self._top = byline, kit, ground, top

    def draw(self, image: Image.Image, seconds: float, step: float) -> None:  # noqa: ARG002  it is one thing
        if seconds <= 0:
            return
        signed = self._kit.page(image.copy())
        self.set(signed)
        image.paste(Image.blend(image, signed.image, min(1.0, seconds / _FADES)))

    def set(self, canvas: Canvas) -> None:
        self._byline.put(canvas, self._ground, self._top, middle=True)
