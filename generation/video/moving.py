"""Moving objects of a scene: pictures with shadows, and grounds larger than the frame."""

import math
from typing import Protocol

from PIL import Image

from generation import paint
from generation.paint import PixelSize
from generation.video.easing import ease_in_out, ease_out, ease_out_back

#: Subpixel steps of a moving picture.
_SUBPIXEL_STEPS_PER_PIXEL = 4
#: Pixels that a picture rises during its entrance.
_ENTRANCE_RISE_PX = 900
#: Pixels that it rises afterwards, until its scene ends.
_DRIFT_RISE_PX = 34
_RISING_PICTURE_ENTRANCE_S = 0.95
_POPPING_PICTURE_ENTRANCE_S = 0.5
#: Growth of a pulse, as a share of the size.
_PULSE_SIZE_GROWTH = 0.022
#: Seconds of a pulse: two beats.
_PULSE_PERIOD_S = 1.0


class MovingObject(Protocol):
    """A moving object of a scene."""

    def draw(self, image: Image.Image, seconds: float) -> None:
        """Draw the object onto a frame, as it looks `seconds` seconds after its scene began."""


class RisingPicture:
    """A picture that enters from below and keeps rising slowly until its scene ends."""

    def __init__(
        self, picture: Image.Image, place: PixelSize, *, starts: float, lasts: float, drifts: int = _DRIFT_RISE_PX
    ) -> None:
        self._phases = _subpixel_shifted_pictures(picture)
        self._shadow, self._edge = paint.blurred_shadow_mask(picture.getchannel("A"), blur=56, alpha=105)
        self._place, self._starts, self._lasts, self._drifts = place, starts, lasts, drifts

    def draw(self, image: Image.Image, seconds: float) -> None:
        share = (seconds - self._starts) / _RISING_PICTURE_ENTRANCE_S
        below = (1 - ease_out(share)) * _ENTRANCE_RISE_PX - ease_in_out(seconds / self._lasts) * self._drifts
        left, top = self._place[0], self._place[1] + below
        if share <= 0 or top >= image.height:
            return
        whole = math.floor(top)
        image.paste((0, 0, 0), (left - self._edge, whole - self._edge + 38), self._shadow)
        shown, mask = self._phases[int((top - whole) * _SUBPIXEL_STEPS_PER_PIXEL)]
        image.paste(shown, (left, whole), mask)


def _subpixel_shifted_pictures(picture: Image.Image) -> list[tuple[Image.Image, Image.Image]]:
    """Return a picture and its mask, once for each subpixel step by which they are shifted down."""
    size = picture.width, picture.height + 1
    here, below = Image.new("RGBa", size), Image.new("RGBa", size)
    for image, top in ((here, 0), (below, 1)):
        image.paste(picture.convert("RGBa"), (0, top))
    shifted = (
        Image.blend(here, below, phase / _SUBPIXEL_STEPS_PER_PIXEL).convert("RGBA")
        for phase in range(_SUBPIXEL_STEPS_PER_PIXEL)
    )
    return [(image.convert("RGB"), image.getchannel("A")) for image in shifted]


class PoppingPicture:
    """A picture that scales up from its middle; with `pulses` it then pulses with the beats."""

    def __init__(
        self, picture: Image.Image, place: PixelSize, *, starts: float, blur: int = 0, pulses: bool = False
    ) -> None:
        self._picture, self._place, self._starts, self._pulses = picture, place, starts, pulses
        self._blur = blur
        self._cast = paint.blurred_shadow_mask(picture.getchannel("A"), blur=blur, alpha=85) if blur else None

    def draw(self, image: Image.Image, seconds: float) -> None:
        share = (seconds - self._starts) / _POPPING_PICTURE_ENTRANCE_S
        if share <= 0:
            return
        scale = ease_out_back(share) if share < 1 else self._pulse_scale(seconds)
        if share >= 0.9 and self._cast:
            shadow, edge = self._cast
            image.paste((0, 0, 0), (self._place[0] - edge, self._place[1] - edge + self._blur // 2), shadow)
        shown = self._scaled_picture(scale)
        left = self._place[0] + (self._picture.width - shown.width) // 2
        image.paste(shown, (left, self._place[1] + (self._picture.height - shown.height) // 2), shown)

    def _pulse_scale(self, seconds: float) -> float:
        since = (seconds - self._starts - _POPPING_PICTURE_ENTRANCE_S) % _PULSE_PERIOD_S
        if self._pulses:
            return 1 + _PULSE_SIZE_GROWTH * ease_in_out(1 - since / _PULSE_PERIOD_S) * ease_in_out(since * 8)
        return 1.0

    def _scaled_picture(self, scale: float) -> Image.Image:
        size = max(2, round(self._picture.width * scale)), max(2, round(self._picture.height * scale))
        if size == self._picture.size:
            return self._picture
        return self._picture.resize(size, Image.Resampling.BILINEAR)


class MovingBackdrop:
    """A ground larger than the frame; the visible part moves by whole pixels at a constant speed."""

    def __init__(self, larger: Image.Image, size: PixelSize, way: tuple[int, int]) -> None:
        self._larger, self._size, self._way = larger, size, way
        self._room = larger.width - size[0], larger.height - size[1]

    def crop_for_frame(self, frame: int, frames: int) -> Image.Image:
        """Return the part of a scene's ground that is visible in the frame with this number, of `frames` frames."""
        slower = max(1, math.ceil(frames / min(self._room)))
        moved = min(frame // slower, *self._room)
        left, top = (moved if way > 0 else room - moved for way, room in zip(self._way, self._room, strict=True))
        return self._larger.crop((left, top, left + self._size[0], top + self._size[1]))


class StillPicture:
    """A picture without movement."""

    def __init__(self, picture: Image.Image, place: PixelSize) -> None:
        self._picture, self._place = picture, place

    def draw(self, image: Image.Image, seconds: float) -> None:  # noqa: ARG002  nothing of it changes
        image.paste(self._picture, self._place)
