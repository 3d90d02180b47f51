"""Ground of a portrait: a light in the brand's hue behind the head."""

from generation.color import RGB, oklch, rgb
from generation.portraits.curves import closed
from generation.portraits.sketch import Sketch
from generation.seeds import between
from generation.theme import Theme

#: Lightnesses of a ground; of two equally good ones the lighter one wins.
_LIGHTNESSES = (0.90, 0.83, 0.755)
#: Maximum difference of its hue from the brand's, in degrees.
_TURN = 18.0


def draw_ground(sketch: Sketch, theme: Theme, seed: str, before: tuple[RGB, ...]) -> None:
    """Draw the ground with the lightness that differs most from the colors before it."""
    _, chroma, hue = oklch(theme.vivid.tints[0])
    hue += between(-_TURN, _TURN, seed, "ground")
    lightnesses = [oklch(color).lightness for color in before]
    light = max(_LIGHTNESSES, key=lambda one: min(0.14, *(abs(one - other) for other in lightnesses)))
    chroma = min(chroma, 0.11)
    whole = closed([(-900, -300), (900, -300), (900, 1300), (-900, 1300)])
    lit, dim = rgb(light + 0.07, chroma * 0.75, hue), rgb(light - 0.05, chroma, hue)
    sketch.shape(whole, dim)
    sketch.shape(whole, sketch.around((-110, 330), 640, (lit, 1.0), (dim, 1.0)))
