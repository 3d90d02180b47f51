"""Tones: the colours of skin, hair and eyes, with their light and shade."""

from typing import NamedTuple

from generation.color import RGB, Oklch, oklch_to_rgb, rgb_to_oklch

#: From light to deep, in perceptually equal steps.
SKIN_TONES = (
    Oklch(0.900, 0.042, 56.0),
    Oklch(0.865, 0.052, 62.0),
    Oklch(0.805, 0.070, 64.0),
    Oklch(0.735, 0.084, 62.0),
    Oklch(0.650, 0.088, 58.0),
    Oklch(0.560, 0.083, 54.0),
    Oklch(0.475, 0.070, 50.0),
    Oklch(0.400, 0.056, 46.0),
)
HAIR_TONES = {
    "black": Oklch(0.235, 0.014, 40.0),
    "espresso": Oklch(0.295, 0.028, 48.0),
    "brown": Oklch(0.375, 0.050, 52.0),
    "chestnut": Oklch(0.430, 0.074, 46.0),
    "auburn": Oklch(0.455, 0.100, 38.0),
    "copper": Oklch(0.585, 0.125, 52.0),
    "sand": Oklch(0.660, 0.070, 76.0),
    "blond": Oklch(0.790, 0.086, 86.0),
}
GREY_HAIR_TONES = (Oklch(0.660, 0.008, 80.0), Oklch(0.770, 0.007, 85.0), Oklch(0.890, 0.008, 90.0))
EYE_TONES = (
    Oklch(0.290, 0.045, 50.0),
    Oklch(0.345, 0.060, 55.0),
    Oklch(0.440, 0.075, 65.0),
    Oklch(0.500, 0.070, 130.0),
    Oklch(0.530, 0.075, 240.0),
    Oklch(0.500, 0.030, 240.0),
)


class SkinColors(NamedTuple):
    """A skin in light and shade; `line` is for lines on it, `flush` for cheeks."""

    plain: RGB
    light: RGB
    shade: RGB
    dark: RGB
    line: RGB
    flush: RGB
    lips: RGB


class HairColors(NamedTuple):
    plain: RGB
    light: RGB
    shade: RGB
    dark: RGB


def skin_colors_of_tone(tone: Oklch) -> SkinColors:
    light, chroma, hue = tone
    return SkinColors(
        plain=oklch_to_rgb(*tone),
        light=oklch_to_rgb(min(0.97, light + 0.045), chroma * 0.85, hue + 6),
        shade=oklch_to_rgb(light * 0.885, chroma * 1.18 + 0.008, hue - 10),
        dark=oklch_to_rgb(light * 0.79, chroma * 1.22 + 0.012, hue - 16),
        line=oklch_to_rgb(light * 0.52, chroma * 0.8 + 0.03, hue - 22),
        flush=oklch_to_rgb(light * 0.86, 0.115, 28.0),
        lips=oklch_to_rgb(light * 0.74, chroma * 0.7 + 0.055, 26.0),
    )


def derive_hair_colors_of_hair_tone(tone: Oklch) -> HairColors:
    light, chroma, hue = tone
    return HairColors(
        plain=oklch_to_rgb(*tone),
        light=oklch_to_rgb(light + 0.085, chroma * 1.05, hue + 4),
        shade=oklch_to_rgb(light * 0.86, chroma * 1.05, hue - 4),
        dark=oklch_to_rgb(light * 0.70, chroma, hue - 8),
    )


def mix_color_tones(first_tone: Oklch, second_tone: Oklch, share: float) -> Oklch:
    """Return the mix of two color tones of similar hue; `share` is the share of the second one."""
    return Oklch(*(first * (1 - share) + second * share for first, second in zip(first_tone, second_tone, strict=True)))


class ClothColors(NamedTuple):
    plain: RGB
    light: RGB
    shade: RGB
    dark: RGB


def cloth_colors_of_color(color: RGB) -> ClothColors:
    light, chroma, hue = rgb_to_oklch(color)
    return ClothColors(
        plain=color,
        light=oklch_to_rgb(min(0.985, light + 0.055), chroma, hue),
        shade=oklch_to_rgb(light * 0.9, chroma, hue),
        dark=oklch_to_rgb(light * 0.76, chroma * 0.95, hue - 4),
    )
