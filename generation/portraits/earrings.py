"""Earrings: gold studs, hoops or drops, unless hair covers the ears."""

from generation.color import RGB
from generation.portraits.curves import oval
from generation.portraits.head import Head
from generation.portraits.looks import Look
from generation.portraits.sketch import Sketch
from generation.portraits.styles import STYLES

_GOLD: RGB = (222, 178, 92)
_SHINE: RGB = (252, 232, 180)


def draw_earrings(sketch: Sketch, look: Look, shape: Head) -> None:
    if look.earrings == "none" or STYLES[look.style].over:
        return
    for side in (-1, 1):
        x, y = shape.place((side * 157, 530))
        if look.earrings == "hoops":
            sketch.line(oval((x, y + 24), 17, 24), _GOLD, 6)
        elif look.earrings == "drops":
            sketch.line(oval((x, y + 12), 1, 12), _GOLD, 4)
            sketch.shape(oval((x, y + 34), 8, 12), _GOLD)
        else:
            sketch.shape(oval((x, y), 8, 8), _GOLD)
        sketch.shape(oval((x - 2, y - 2), 3, 3), _SHINE)
