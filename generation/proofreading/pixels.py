"""Proofreader of pixels: measures the contrast of a text in the written picture file."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

Light: TypeAlias = npt.NDArray[np.float64]

#: Pixels of ground around a text.
_GROUND_MARGIN_PX = 6
#: Percentage of the ground that is ignored.
_IGNORED_PERCENT = 2.0
#: Pixels of the letters' blurred edges.
_BLURRED_EDGE_PX = 7
#: Bins of the luminance histogram.
_STEPS = 64


def contrast(image: Image.Image, box: tuple[int, int, int, int]) -> float:
    """Measure the WCAG contrast of the text in a box to its ground, ignoring the worst; 1.0 without text."""
    around = (
        box[0] - _GROUND_MARGIN_PX,
        box[1] - _GROUND_MARGIN_PX,
        box[2] + _GROUND_MARGIN_PX,
        box[3] + _GROUND_MARGIN_PX,
    )
    light = _light(image.crop(_within(around, image)))
    edge = np.concatenate(
        [light[:3].ravel(), light[-3:].ravel(), light[:, :3].ravel(), light[:, -3:].ravel()]
    )
    middle = _divide(light)
    is_dark = float(np.median(np.concatenate([one.ravel() for one in edge]))) > middle
    text = light < middle if is_dark else light > middle
    near = Image.fromarray(text.astype(np.uint8) * 255).filter(ImageFilter.MaxFilter(_BLURRED_EDGE_PX))
    ground = light[np.asarray(near) == 0]
    if not text.any() or not len(ground):
        return 1.0
    letters = float(np.percentile(light[text], 25 if is_dark else 75))
    worst = float(np.percentile(ground, _IGNORED_PERCENT if is_dark else 100 - _IGNORED_PERCENT))
    high, low = max(letters, worst), min(letters, worst)
    return (high + 0.05) / (low + 0.05)


def _within(box: tuple[int, int, int, int], image: Image.Image) -> tuple[int, int, int, int]:
    return max(0, box[0]), max(0, box[1]), min(image.width, box[2]), min(image.height, box[3])


def _light(image: Image.Image) -> Light:
    """Return the relative luminance of each pixel (WCAG 2.2)."""
    share = np.asarray(image.convert("RGB"), np.float64) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]), np.float64)


def _divide(light: Light) -> float:
    """Return the luminance threshold that separates text from ground best (N. Otsu, 1979).

    Luminance is compared by its cube root, a perceptual scale: steps of dark pixels count as much as those of
    light pixels.
    """
    seen = np.cbrt(light)
    counts, edges = np.histogram(seen, _STEPS)
    centers = (edges[1:] + edges[:-1]) / 2
    below, mass = np.cumsum(counts), np.cumsum(counts * centers)
    above = below[-1] - below
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = below * above * (mass / below - (mass[-1] - mass) / above) ** 2
    return float(edges[1 + int(np.nanargmax(apart[:-1]))] ** 3)
