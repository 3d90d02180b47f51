"""OKLab: a color space in which distances match perceived differences (Björn Ottosson, 2020).

A color is `#rrggbb` everywhere else; here it is lightness from 0 to 1, and two axes around grey.
"""

from functools import lru_cache
from math import dist, hypot
from typing import NamedTuple

#: Distance up to which two colors are one: #1a73e8 and #1967d2 are, #1a73e8 and #4285f4 nearly.
MAX_SAME_COLOR_DISTANCE = 0.07
MAX_GRAY_CHROMA = 0.03
#: Chroma below which a dark color is grey: its tint is less visible (#1e293b has .041).
MAX_DARK_GRAY_CHROMA = 0.045
MAX_DARK_LIGHTNESS = 0.35
#: Lightness below which a grey is as black as letters.
MAX_BLACK_LIGHTNESS = 0.30
#: Lightness up to which no color is visible.
MIN_VISIBLE_HUE_LIGHTNESS = 0.18
#: Lightness from which no color is visible.
MAX_VISIBLE_HUE_LIGHTNESS = 0.98


class OkLab(NamedTuple):
    lightness: float
    a: float
    b: float

    @property
    def chroma(self) -> float:
        return hypot(self.a, self.b)


@lru_cache(10_000)
def convert_hex_to_oklab(color: str) -> OkLab:
    red, green, blue = (srgb_channel_to_linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return OkLab(
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def srgb_channel_to_linear(channel: float) -> float:
    """Convert an sRGB channel to linear light; both are from 0 to 1."""
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def linear_to_srgb_channel(light: float) -> float:
    """Convert linear light to an sRGB channel from 0 to 1; the light is clipped to sRGB as browsers do."""
    light = min(1.0, max(0.0, light))
    return 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055


def is_similar_color(color: str, other_color: str) -> bool:
    """Return whether two colors look nearly the same in OKLab. A grey is never like a color; all blacks are alike."""
    if is_neutral_color(color) != is_neutral_color(other_color):
        return False
    return dist(convert_hex_to_oklab(color), convert_hex_to_oklab(other_color)) <= MAX_SAME_COLOR_DISTANCE or (
        is_black(color) and is_black(other_color)
    )


def is_black(color: str) -> bool:
    return is_neutral_color(color) and convert_hex_to_oklab(color).lightness < MAX_BLACK_LIGHTNESS


@lru_cache(10_000)
def is_neutral_color(color: str) -> bool:
    """Return whether a color is black, white or gray: also a faint tint, or too dark or light to show its hue."""
    shade = convert_hex_to_oklab(color)
    grey = MAX_DARK_GRAY_CHROMA if shade.lightness < MAX_DARK_LIGHTNESS else MAX_GRAY_CHROMA
    return shade.chroma < grey or not MIN_VISIBLE_HUE_LIGHTNESS < shade.lightness < MAX_VISIBLE_HUE_LIGHTNESS


def is_white(color: str) -> bool:
    return is_neutral_color(color) and convert_hex_to_oklab(color).lightness > 0.93
