"""Colours: OKLCH, a perceptually uniform space, and contrast by WCAG.

Sources: OKLCH by B. Ottosson (https://bottosson.github.io/posts/oklab), contrast by WCAG 2.2, 1.4.3.
"""

import math
import re
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple, TypeAlias

import numpy as np
from PIL import Image

RGB: TypeAlias = tuple[int, int, int]

WHITE: RGB = (255, 255, 255)
NEAR_BLACK: RGB = (10, 10, 14)

#: Minimum contrast of text (WCAG 2.2, 1.4.3).
MIN_TEXT_CONTRAST_RATIO = 4.5
#: Percentage of the pixels under a text that may have less contrast.
MAX_LOW_CONTRAST_PIXEL_PERCENT = 2.0

_HEX_COLOR_PATTERN = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})", re.IGNORECASE)
_LUMINANCE_WEIGHTS = np.array([0.2126, 0.7152, 0.0722])
#: Gamut mapping: each step keeps this share of the chroma.
_GAMUT_CHROMA_FACTOR = 0.93
_MAX_GAMUT_MAPPING_STEPS = 40


class Oklch(NamedTuple):
    """Lightness 0 to 1, chroma from 0 to about 0.37, hue in degrees."""

    lightness: float
    chroma: float
    hue: float

    def to_rgb_with_changes(
        self, *, lightness: float | None = None, chroma: float | None = None, hue: float = 0.0
    ) -> RGB:
        """Return it as sRGB, turned by `hue` degrees; unless None, `lightness` replaces and `chroma` caps its own."""
        return oklch_to_rgb(
            self.lightness if lightness is None else min(1.0, max(0.0, lightness)),
            self.chroma if chroma is None else min(self.chroma, chroma),
            (self.hue + hue) % 360,
        )


def parse_hex_colors(values: Iterable[str]) -> list[RGB]:
    """Parse hexadecimal colors such as `#abc` and `#aabbcc` to RGB, in their order; skip all other values."""
    matches = (_HEX_COLOR_PATTERN.fullmatch(value.strip()) for value in values)
    digits = (one[1] if len(one[1]) == 6 else "".join(char * 2 for char in one[1]) for one in matches if one)
    return [(int(one[:2], 16), int(one[2:4], 16), int(one[4:], 16)) for one in digits]


def _srgb_to_linear(value: float) -> float:
    share = value / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def _linear_to_srgb(light: float) -> int:
    bounded = min(1.0, max(0.0, light))
    share = 12.92 * bounded if bounded <= 0.0031308 else 1.055 * bounded ** (1 / 2.4) - 0.055
    return round(share * 255)


@cache
def rgb_to_oklch(color: RGB) -> Oklch:
    r, g, b = map(_srgb_to_linear, color)
    long = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    middle = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    lightness = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    red = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    yellow = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return Oklch(lightness, math.hypot(red, yellow), math.degrees(math.atan2(yellow, red)) % 360)


@cache
def oklch_to_rgb(lightness: float, chroma: float, hue: float) -> RGB:
    """Return an OKLCH color in sRGB. Outside of the sRGB gamut, reduce the chroma until the color fits."""
    for _ in range(_MAX_GAMUT_MAPPING_STEPS):
        light = _oklch_to_linear_rgb(lightness, chroma, hue)
        if all(-0.002 <= one <= 1.002 for one in light):
            break
        chroma *= _GAMUT_CHROMA_FACTOR
    red, green, blue = map(_linear_to_srgb, light)
    return red, green, blue


def _oklch_to_linear_rgb(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


@cache
def relative_luminance(color: RGB) -> float:
    r, g, b = map(_srgb_to_linear, color)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast_ratio(first: RGB, second: RGB) -> float:
    darker, lighter = sorted((relative_luminance(first), relative_luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


@cache
def _srgb_to_linear_table() -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.array([_srgb_to_linear(value) for value in range(256)])


def measure_text_contrast(under: Image.Image, text: RGB) -> float:
    """Return the lowest WCAG contrast ratio of a text's color to a picture's pixels, without the worst 2 % of them."""
    pixels = np.asarray(under).reshape(-1, 3)[::3]
    ground, above = _srgb_to_linear_table()[pixels] @ _LUMINANCE_WEIGHTS, relative_luminance(text)
    ratios = (np.maximum(ground, above) + 0.05) / (np.minimum(ground, above) + 0.05)
    return float(np.percentile(ratios, MAX_LOW_CONTRAST_PIXEL_PERCENT))


def adjust_text_color(color: RGB, ground: RGB, least: float = MIN_TEXT_CONTRAST_RATIO) -> RGB:
    """Return a text's color, lighter or darker for a contrast of `least` to `ground`; white or black if none has it."""
    place = rgb_to_oklch(color)
    lighter = contrast_ratio(WHITE, ground) > contrast_ratio(NEAR_BLACK, ground)
    ends = range(int(place.lightness * 100), 101) if lighter else range(int(place.lightness * 100), -1, -1)
    shades = (place.to_rgb_with_changes(lightness=end / 100) for end in ends)
    return next((one for one in shades if contrast_ratio(one, ground) >= least), WHITE if lighter else NEAR_BLACK)
