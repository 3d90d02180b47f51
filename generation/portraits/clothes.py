"""Clothes in a brand's colours."""

from generation.color import oklch, rgb
from generation.portraits.curves import closed, mirrored, opened
from generation.portraits.looks import Look
from generation.portraits.sketch import Sketch
from generation.theme import Theme


def draw_clothes(sketch: Sketch, look: Look, theme: Theme) -> None:
    wide = look.build.shoulders
    half = [
        (0, 790),
        (50, 778),
        (84, 748),
        (100, 728),
        (176, 758),
        (272, 790),
        (334, 846),
        (366, 940),
        (380, 1060),
        (0, 1060),
    ]
    body = closed(mirrored([(x * wide if x > 120 else x, y) for x, y in half]))
    main = theme.vivid.tints[0]
    light, chroma, hue = oklch(main)
    sketch.shape(body, main)
    with sketch.within(body):
        side = sketch.across(
            (-100, 380), (rgb(light * 0.85, chroma, hue), 0.0), (rgb(light * 0.78, chroma, hue), 0.9)
        )
        sketch.shape(body, side)
    sketch.line(
        opened([(-104, 730), (-82, 752), (-48, 782), (0, 794), (48, 782), (82, 752), (104, 730)]),
        rgb(light * 0.85, chroma, hue),
        16,
    )
