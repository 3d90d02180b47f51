"""Ground of a portrait: a light of the brand's hue behind the head."""

from generation.color import oklch, rgb
from generation.portraits.curves import closed
from generation.portraits.sketch import Sketch
from generation.theme import Theme


def draw_ground(sketch: Sketch, theme: Theme) -> None:
    _, chroma, hue = oklch(theme.vivid.tints[0])
    chroma = min(chroma, 0.09)
    whole = closed([(-900, -300), (900, -300), (900, 1300), (-900, 1300)])
    sketch.shape(whole, rgb(0.80, chroma, hue))
    sketch.shape(
        whole,
        sketch.around((-120, 340), 620, (rgb(0.92, chroma * 0.6, hue), 1.0), (rgb(0.78, chroma, hue), 1.0)),
    )
