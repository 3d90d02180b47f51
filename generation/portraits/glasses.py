"""Glasses: lenses around the eyes, a bridge, and temples to the ears."""

from generation.color import RGB, WHITE
from generation.portraits.curves import Points, closed, opened, points
from generation.portraits.features import EYE_OFFSET
from generation.portraits.head import EYES, Head
from generation.portraits.looks import Look
from generation.portraits.sketch import Sketch

#: The right lens around its eye, from the inner side.
_LENSES: dict[str, Points] = {
    "round": points("-48,2 -40,-28 -14,-44 14,-44 40,-28 48,2 40,30 14,46 -14,46 -40,30"),
    "square": points("-50,-6 -46,-32 -20,-36 24,-36 48,-32 52,-6 46,28 20,36 -20,36 -44,26"),
    "cat": points("-48,-2 -40,-28 -10,-36 28,-40 54,-42 54,-12 42,26 12,36 -20,34 -42,22"),
    "thin": points("-48,-2 -42,-26 -18,-34 18,-34 44,-26 50,-2 42,26 16,36 -16,36 -42,26"),
}
_FRAMES: tuple[RGB, ...] = ((32, 30, 36), (92, 56, 34), (44, 56, 88))
_GOLD: RGB = (176, 138, 74)


def draw_glasses(sketch: Sketch, look: Look, shape: Head, number: int) -> None:
    if look.glasses == "none":
        return
    is_thin = look.glasses == "thin"
    color, width = (_GOLD, 4.5) if is_thin else (_FRAMES[number % len(_FRAMES)], 8.5)
    for side in (-1, 1):
        x = side * (EYE_OFFSET + 1) * look.width
        lens = closed([(x + side * px, EYES + 2 + py) for px, py in _LENSES[look.glasses]])
        sketch.shape(lens, WHITE, opacity=0.10)
        with sketch.within(lens):
            glare = closed(
                [(x - 34, EYES - 50), (x - 8, EYES - 50), (x - 34, EYES + 50), (x - 60, EYES + 50)]
            )
            sketch.shape(glare, WHITE, opacity=0.16)
        sketch.line(lens, color, width)
        temple = [(x + side * 48, EYES - 10), shape.place((side * 152, EYES - 14))]
        sketch.line(opened(temple), color, width * 0.9)
    inner = (EYE_OFFSET - 46) * look.width
    sketch.line(opened([(-inner, EYES - 3), (0, EYES - 13), (inner, EYES - 3)]), color, width * 0.9)
