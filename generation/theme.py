"""Theme of a piece: three grounds in the brand's colours, with legible text colours for each."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image

from generation.color import RGB, WHITE, Oklch, contrast_ratio, oklch_to_rgb, parse_hex_colors, rgb_to_oklch

#: A colour with less chroma is a grey.
MIN_COLORFUL_CHROMA = 0.045
#: A darker colour looks black.
MIN_COLORFUL_LIGHTNESS = 0.18
#: A lighter colour looks white.
MAX_COLORFUL_LIGHTNESS = 0.97
#: Minimum hue difference, in degrees, of two distinct colours.
MIN_HUE_DIFFERENCE_DEGREES = 22.0
#: Minimum contrast of text on the plain ground; above WCAG's 4.5, since tints reduce it.
MIN_TEXT_CONTRAST_ON_BACKGROUND = 5.4
#: Bonus for white text, in lightness: a brand's ground may shift so much more to allow it.
WHITE_TEXT_LIGHTNESS_BONUS = 0.09
#: Width and height of a picture's copy from which its colours are read.
_COLOR_SAMPLE_SIZE = (96, 96)
#: Minimum share of a picture's pixels for a brand colour.
MIN_MAIN_COLOR_SHARE = 0.04

DEFAULT_BRAND_COLOR: RGB = oklch_to_rgb(0.32, 0.035, 262.0)


class BackgroundColors(NamedTuple):
    """Colours of a ground, its base tint first, and of words that are legible on each tint."""

    tints: tuple[RGB, ...]
    text: RGB


class PieceColorTheme(NamedTuple):
    """`vivid` is as near to the brand's own colour as legible text allows; `second` is another hue of the brand."""

    vivid: BackgroundColors
    dark: BackgroundColors
    light: BackgroundColors
    second: RGB | None = None


def derive_piece_color_theme(
    colors: Sequence[str], logo: Image.Image | None = None, photos: Sequence[Image.Image] = ()
) -> PieceColorTheme:
    """Return a theme by the brand's first vivid color, else its logo's, else its photos', else slate."""
    known = [*parse_hex_colors(colors), *(extract_main_colors(logo) if logo else [])]
    if not any(_is_colorful(rgb_to_oklch(one)) for one in known):
        known += [color for photo in photos for color in extract_main_colors(photo)]
    bright = [one for one in known if _is_colorful(rgb_to_oklch(one))]
    first = bright[0] if bright else DEFAULT_BRAND_COLOR
    second = next(
        (
            one
            for one in bright[1:]
            if _hue_difference(rgb_to_oklch(one), rgb_to_oklch(first)) > MIN_HUE_DIFFERENCE_DEGREES
        ),
        None,
    )
    main = rgb_to_oklch(first)
    ink = oklch_to_rgb(0.19, min(main.chroma, 0.04), main.hue)
    return PieceColorTheme(
        _derive_vivid_background_colors(main, ink),
        _derive_dark_background_colors(main),
        _derive_light_background_colors(main, ink),
        second,
    )


def _is_colorful(color: Oklch) -> bool:
    return color.chroma > MIN_COLORFUL_CHROMA and MIN_COLORFUL_LIGHTNESS < color.lightness < MAX_COLORFUL_LIGHTNESS


def _hue_difference(first: Oklch, second: Oklch) -> float:
    turn = abs(first.hue - second.hue)
    return min(turn, 360 - turn)


def shrink_to_color_sample(picture: Image.Image) -> Image.Image:
    """Return a picture's small copy that has the same main colors."""
    return picture.convert("RGBA").resize(_COLOR_SAMPLE_SIZE, Image.Resampling.BOX)


def extract_main_colors(picture: Image.Image) -> list[RGB]:
    """Return a picture's main opaque colors, large and colorful ones first; empty for a transparent picture."""
    pixels = np.asarray(shrink_to_color_sample(picture)).reshape(-1, 4)
    opaque = np.ascontiguousarray(pixels[pixels[:, 3] > 128][:, :3])
    if not len(opaque):
        return []
    reduced = Image.fromarray(opaque[None]).quantize(8, Image.Quantize.MEDIANCUT).convert("RGB")
    counted = reduced.getcolors(8) or []
    counted_colors = [(count, color) for count, color in counted if isinstance(color, tuple)]
    areas = {(r, g, b): count / len(opaque) for count, (r, g, b) in counted_colors}
    ranked = sorted(areas, key=lambda color: (-areas[color] * (0.15 + rgb_to_oklch(color).chroma), color))
    return [color for color in ranked if areas[color] > MIN_MAIN_COLOR_SHARE]


def _derive_vivid_background_colors(first: Oklch, ink: RGB) -> BackgroundColors:
    """Return a ground in the brand's color, shifted until white or dark text is legible."""
    white, dark = _min_lightness_shift(first, WHITE), _min_lightness_shift(first, ink)
    is_white = abs(white) - WHITE_TEXT_LIGHTNESS_BONUS <= abs(dark)
    shift, text = (white, WHITE) if is_white else (dark, ink)
    return BackgroundColors((first.to_rgb_with_changes(lightness=first.lightness + shift),), text)


def _min_lightness_shift(color: Oklch, text: RGB) -> float:
    """Return the least change of a color's lightness for legible text: 0 or less for white; 1.0 if none suffices."""
    away = -1 if text == WHITE else 1
    steps = (away * step / 200 for step in range(200))
    enough = (
        one
        for one in steps
        if contrast_ratio(color.to_rgb_with_changes(lightness=color.lightness + one), text)
        >= MIN_TEXT_CONTRAST_ON_BACKGROUND
    )
    return next(enough, 1.0)


def _derive_dark_background_colors(first: Oklch) -> BackgroundColors:
    base = first.to_rgb_with_changes(lightness=0.185, chroma=0.045)
    return BackgroundColors((base, first.to_rgb_with_changes(lightness=0.275, chroma=0.1)), WHITE)


def _derive_light_background_colors(first: Oklch, ink: RGB) -> BackgroundColors:
    base = first.to_rgb_with_changes(lightness=0.975, chroma=0.012)
    return BackgroundColors((base, first.to_rgb_with_changes(lightness=0.925, chroma=0.042)), ink)
