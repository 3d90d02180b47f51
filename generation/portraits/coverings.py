"""Head coverings: a knitted beanie, a wrapped scarf."""

from generation.portraits.curves import Points, mirrored, opened, points
from generation.portraits.head import Head
from generation.portraits.looks import Look
from generation.portraits.sketch import Sketch
from generation.portraits.tones import Cloth, Skin

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
