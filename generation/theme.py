"""Theme of a piece: three grounds in the brand's colours, and what is legible on each."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image

from generation.color import RGB, WHITE, Oklch, contrast, oklch, read, rgb, standing_out

#: A colour with less chroma is a grey; one with less or more lightness looks black or white.
LEAST_CHROMA, DARKEST, LIGHTEST = 0.06, 0.18, 0.97
#: Hues closer than this look like one colour.
LEAST_TURN = 22.0
#: Contrast of text on the plain ground, and what its tints keep of that at least.
GROUND_CONTRAST = 5.4
#: White text looks more like a brand's ground, so that its colour is shifted by this more for it.
FOR_WHITE = 0.09
#: Share of a logo that a colour needs to be one of the brand's.
LEAST_AREA = 0.04

SLATE: RGB = rgb(0.32, 0.035, 262.0)


class Ground(NamedTuple):
    """Colours of a ground, the first one its own; `shape` is for what lies on it without meaning."""

    tints: tuple[RGB, ...]
    text: RGB
    muted: RGB
    accent: RGB
    shape: RGB

    @property
    def is_dark(self) -> bool:
        return self.text == WHITE


class Theme(NamedTuple):
    """`vivid` is as near to the brand's own colour as legible text lets it be."""

    vivid: Ground
    dark: Ground
    light: Ground


def theme(colors: Sequence[str], logo: Image.Image | None = None) -> Theme:
    """The theme of a brand's colours, or of its logo's; a slate one without either."""
    known = [*read(colors), *(palette(logo) if logo else [])]
    bright = [one for one in known if _is_bright(oklch(one))]
    first = bright[0] if bright else SLATE
    second = next((one for one in bright[1:] if _turn(oklch(one), oklch(first)) > LEAST_TURN), None)
    return _theme(oklch(first), oklch(second or oklch(first).but(hue=34.0)))


def _is_bright(color: Oklch) -> bool:
    return color.chroma > LEAST_CHROMA and DARKEST < color.lightness < LIGHTEST


def _turn(one: Oklch, other: Oklch) -> float:
    turn = abs(one.hue - other.hue)
    return min(turn, 360 - turn)


def palette(logo: Image.Image) -> list[RGB]:
    """A logo's colours: much of it and bright first, its transparent parts left out."""
    small = logo.convert("RGBA").resize((96, 96), Image.Resampling.BOX)
    pixels = np.asarray(small).reshape(-1, 4)
    opaque = np.ascontiguousarray(pixels[pixels[:, 3] > 128][:, :3])
    if not len(opaque):
        return []
    reduced = Image.fromarray(opaque[None]).quantize(8, Image.Quantize.MEDIANCUT).convert("RGB")
    counted = reduced.getcolors(8) or []
    found = [(count, color) for count, color in counted if isinstance(color, tuple)]
    areas = {(r, g, b): count / len(opaque) for count, (r, g, b) in found}
    most = sorted(areas, key=lambda color: (-areas[color] * (0.15 + oklch(color).chroma), color))
    return [color for color in most if areas[color] > LEAST_AREA]


def _theme(first: Oklch, second: Oklch) -> Theme:
    ink = rgb(0.19, min(first.chroma, 0.04), first.hue)
    return Theme(_vivid(first, ink), _dark(first), _light(first, second, ink))


def _vivid(first: Oklch, ink: RGB) -> Ground:
    """The brand's colour, shifted as little as lets white or ink be read on it; tints shift it further."""
    white, dark = _shift(first, WHITE), _shift(first, ink)
    is_white = abs(white) - FOR_WHITE <= abs(dark)
    at, text, away = (first.lightness + white, WHITE, -1) if is_white else (first.lightness + dark, ink, 1)
    own = first.but(lightness=at)
    tints = (
        own,
        first.but(lightness=at + away * 0.06, hue=-9.0),
        first.but(lightness=at + away * 0.03, hue=11.0),
        first.but(lightness=at + away * 0.09, hue=-4.0),
    )
    return Ground(tints, text, text, text, first.but(lightness=at + away * 0.075))


def _shift(color: Oklch, text: RGB) -> float:
    """The least change of lightness that gives a text enough contrast."""
    away = -1 if text == WHITE else 1
    steps = (away * step / 200 for step in range(200))
    enough = (
        one for one in steps if contrast(color.but(lightness=color.lightness + one), text) >= GROUND_CONTRAST
    )
    return next(enough, 1.0)


def _dark(first: Oklch) -> Ground:
    own = first.but(lightness=0.185, chroma=0.045)
    tints = (
        own,
        first.but(lightness=0.275, chroma=0.1),
        first.but(lightness=0.225, chroma=0.075, hue=24.0),
        first.but(lightness=0.15, chroma=0.035),
    )
    shape = first.but(lightness=0.3, chroma=0.1)
    accent = standing_out(first.but(), shape, 5.0)
    return Ground(tints, WHITE, first.but(lightness=0.82, chroma=0.03), accent, shape)


def _light(first: Oklch, second: Oklch, ink: RGB) -> Ground:
    own = first.but(lightness=0.975, chroma=0.012)
    tints = (
        own,
        first.but(lightness=0.925, chroma=0.042),
        second.but(lightness=0.95, chroma=0.032),
        first.but(lightness=0.985, chroma=0.006),
    )
    shape = first.but(lightness=0.9, chroma=0.05)
    accent = standing_out(first.but(), shape, 5.0)
    return Ground(tints, ink, first.but(lightness=0.43, chroma=0.03), accent, shape)
