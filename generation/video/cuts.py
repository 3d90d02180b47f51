"""Cuts: transitions between the pictures of two scenes."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from PIL import Image

from generation.paint import PixelSize
from generation.video.easing import ease_in_out, ease_out

#: Share of the frame by which the old picture moves while the new one covers it.
_OLD_PICTURE_PUSH_SHARE = 0.28
#: Downscaling factor of a circle's mask.
_CIRCLE_MASK_DOWNSCALE = 4


class Transition(NamedTuple):
    """A transition of some frames; `draw` makes a frame of the old and the new picture at a share of its time.

    With `clears_words` the old words fade in its first half, so that they never lie over the new ones.
    """

    frames: int
    draw: Callable[[Image.Image, Image.Image, float], Image.Image]
    clears_words: bool = False

    def compute_old_words_opacity(self, share: float) -> float:
        return max(0.0, 1 - 2 * share) if self.clears_words else 1.0


def draw_slide_in_transition_frame(old: Image.Image, new: Image.Image, share: float, *, way: PixelSize) -> Image.Image:
    """Return a frame of a video's cut, at a `share` of its time: the new picture slides in from the side `way`.

    `way` is a step across and down, one of them 1 or -1, the other 0: `(0, 1)` is the bottom. From the
    line-end side, it slides as a page turns.
    """
    done = ease_out(share)
    frame = Image.new("RGB", old.size)
    for picture, moved in ((old, -_OLD_PICTURE_PUSH_SHARE * done), (new, 1 - done)):
        frame.paste(picture, (way[0] * round(old.width * moved), way[1] * round(old.height * moved)))
    return frame


def draw_circle_reveal_transition_frame(old: Image.Image, new: Image.Image, share: float) -> Image.Image:
    """Return a frame of a video's cut: a circle that grows from the middle reveals the new picture."""
    width, height = old.width // _CIRCLE_MASK_DOWNSCALE, old.height // _CIRCLE_MASK_DOWNSCALE
    radius = ease_in_out(share) * np.hypot(width, height) * 0.56
    y, x = np.ogrid[:height, :width]
    inside = np.clip(radius - np.hypot(x - width / 2, y - height * 0.45) + 0.5, 0, 1)
    mask = Image.fromarray((inside * 255).astype(np.uint8)).resize(old.size, Image.Resampling.BILINEAR)
    frame = old.copy()
    frame.paste(new, (0, 0), mask)
    return frame


CUT = Transition(0, lambda _, new, __: new)
DISSOLVE = Transition(10, Image.blend, clears_words=True)
CIRCLE = Transition(12, draw_circle_reveal_transition_frame)
SLIDE_RIGHT = Transition(6, partial(draw_slide_in_transition_frame, way=(1, 0)))
SLIDE_LEFT = Transition(6, partial(draw_slide_in_transition_frame, way=(-1, 0)))
