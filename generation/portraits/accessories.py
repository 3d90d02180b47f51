"""Accessories: glasses, earrings and head coverings."""

from generation.color import RGB, WHITE
from generation.portraits.curves import Points, closed, mirrored, opened, oval, points
from generation.portraits.features import EYE_OFFSET
from generation.portraits.hair_styles import STYLES
from generation.portraits.head import EYES, Head
from generation.portraits.looks import Look
from generation.portraits.sketch import Sketch
from generation.portraits.tones import Cloth, Skin

#: The right lens around its eye, from the inner side.
_LENSES: dict[str, Points] = {
    "round": points("-48,2 -40,-28 -14,-44 14,-44 40,-28 48,2 40,30 14,46 -14,46 -40,30"),
    "square": points("-50,-6 -46,-32 -20,-36 24,-36 48,-32 52,-6 46,28 20,36 -20,36 -44,26"),
    "cat": points("-48,-2 -40,-28 -10,-36 28,-40 54,-42 54,-12 42,26 12,36 -20,34 -42,22"),
    "thin": points("-48,-2 -42,-26 -18,-34 18,-34 44,-26 50,-2 42,26 16,36 -16,36 -42,26"),
}
_FRAMES: tuple[RGB, ...] = ((32, 30, 36), (92, 56, 34), (44, 56, 88))
_GOLD: RGB = (176, 138, 74)
_EARRING_GOLD: RGB = (222, 178, 92)
_SHINE: RGB = (252, 232, 180)
_BEANIE = mirrored(points("0,140 80,150 140,196 166,268 168,330 150,346 0,336"))
_CUFF = mirrored(points("0,262 90,268 160,286 172,300 172,344 160,360 90,346 0,340"))
_WRAP = mirrored(points("0,120 100,130 176,180 196,250 176,316 152,372 142,392 136,352 104,312 56,292 0,288"))
_KNOT = (
    points("-64,150 -104,110 -96,66 -52,58 -10,92 0,140 -24,160"),
    points("64,150 104,106 98,62 54,54 10,90 0,140 24,160"),
    points("-44,118 0,98 44,118 48,158 0,176 -48,158"),
)
_FOLDS = (
    points("-170,300 -90,230 30,170"), points("-176,262 -100,190 10,156"), points("170,300 90,230 -30,170"),
    points("176,262 100,190 -10,156"), points("-140,372 -80,276 60,210"), points("140,372 80,276 -60,210"),
)  # fmt: skip


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


def draw_earrings(sketch: Sketch, look: Look, shape: Head) -> None:
    if look.earrings == "none" or STYLES[look.style].over:
        return
    for side in (-1, 1):
        x, y = shape.place((side * 157, 530))
        if look.earrings == "hoops":
            sketch.line(oval((x, y + 24), 17, 24), _EARRING_GOLD, 6)
        elif look.earrings == "drops":
            sketch.line(oval((x, y + 12), 1, 12), _EARRING_GOLD, 4)
            sketch.shape(oval((x, y + 34), 8, 12), _EARRING_GOLD)
        else:
            sketch.shape(oval((x, y), 8, 8), _EARRING_GOLD)
        sketch.shape(oval((x - 2, y - 2), 3, 3), _SHINE)


def draw_covering(sketch: Sketch, look: Look, shape: Head, cloth: Cloth, skin: Skin) -> None:
    if look.style == "beanie":
        _shadow(sketch, shape, _CUFF, skin)
        _beanie(sketch, shape, cloth)
    elif look.style == "wrap":
        _shadow(sketch, shape, _WRAP, skin)
        _wrap(sketch, shape, cloth)


def _shadow(sketch: Sketch, shape: Head, edge: Points, skin: Skin) -> None:
    with sketch.within(shape.face):
        sketch.shape(shape.path([(x, y + 18) for x, y in edge]), skin.dark, opacity=0.45)


def _beanie(sketch: Sketch, shape: Head, cloth: Cloth) -> None:
    _piece(sketch, shape.path(_BEANIE), cloth)
    for x in range(-140, 150, 25):
        sketch.line(opened([(x * 0.4, 152), (x * 0.86, 200), (x, 300)]), cloth.shade, 6, opacity=0.7)
    cuff = shape.path(_CUFF)
    _piece(sketch, cuff, cloth)
    with sketch.within(cuff):
        for x in range(-168, 180, 21):
            sketch.line(opened([(x, 255), (x * 1.02, 365)]), cloth.shade, 5, opacity=0.75)
    sketch.line(cuff, cloth.dark, 4, opacity=0.4)


def _wrap(sketch: Sketch, shape: Head, cloth: Cloth) -> None:
    whole = shape.path(_WRAP)
    _piece(sketch, whole, cloth)
    with sketch.within(whole):
        for number, fold in enumerate(_FOLDS):
            color = cloth.dark if number % 2 else cloth.light
            sketch.line(opened(shape.all(fold)), color, 6, opacity=0.5)
    for fold in _KNOT:
        path = shape.path(fold)
        _piece(sketch, path, cloth)
        sketch.line(path, cloth.dark, 4, opacity=0.5)


def _piece(sketch: Sketch, path: str, cloth: Cloth) -> None:
    """Draw a piece of cloth, lit from the upper left."""
    lit = sketch.around((-70, 220), 200, (cloth.light, 0.8), (cloth.light, 0.0))
    dim = sketch.across((20, 220), (cloth.dark, 0.0), (cloth.dark, 0.7))
    for fill in (cloth.plain, lit, dim):
        sketch.shape(path, fill)
