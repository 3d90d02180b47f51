"""Palette of a piece: the colors that templates name, each with a legible color for words on it."""

from typing import NamedTuple

from generation.color import RGB, WHITE, adjust_text_color, contrast_ratio, rgb_to_oklch
from generation.theme import MIN_TEXT_CONTRAST_ON_BACKGROUND, PieceColorTheme

#: Degrees from the brand's hue to the hue of `pop`.
_POP_HUE_TURN_DEGREES = 38.0


class LookPalette(NamedTuple):
    """Colors of a piece: `paper` with `ink`, the brand's `deep` ground, its `accent`, and a rare `pop`."""

    paper: RGB
    ink: RGB
    accent: RGB
    on_accent: RGB
    deep: RGB
    on_deep: RGB
    pop: RGB
    on_pop: RGB


def derive_look_palette(theme: PieceColorTheme) -> LookPalette:
    """Return the palette of a theme. Words in `accent` or `paper` can be read on `deep`, and the other way round."""
    vivid, light = theme.vivid, theme.light
    brand = rgb_to_oklch(vivid.tints[0])
    deep = brand.to_rgb_with_changes(lightness=min(brand.lightness, 0.42))
    if contrast_ratio(deep, WHITE) < MIN_TEXT_CONTRAST_ON_BACKGROUND:
        deep = theme.dark.tints[0]
    pop = brand.to_rgb_with_changes(lightness=0.8, hue=_POP_HUE_TURN_DEGREES)
    accent = adjust_text_color(
        theme.second or brand.to_rgb_with_changes(lightness=0.86, chroma=0.11), deep, MIN_TEXT_CONTRAST_ON_BACKGROUND
    )
    return LookPalette(
        paper=light.tints[0],
        ink=light.text,
        accent=accent,
        on_accent=choose_words_color(accent, light.text),
        deep=deep,
        on_deep=WHITE,
        pop=pop,
        on_pop=choose_words_color(pop, light.text),
    )


def choose_words_color(ground: RGB, ink: RGB) -> RGB:
    """Return white or the ink, the more legible on a ground, adjusted where neither suffices."""
    best = max((WHITE, ink), key=lambda color: contrast_ratio(color, ground))
    return best if contrast_ratio(best, ground) >= MIN_TEXT_CONTRAST_ON_BACKGROUND else adjust_text_color(best, ground)
