"""Facial features: eyes, brows, nose and mouth, and the lines of age."""

from generation.color import RGB, WHITE, oklch_to_rgb
from generation.portraits.curves import Point, Points, closed, joined, opened, oval
from generation.portraits.head import EYES, Head
from generation.portraits.looks import Look
from generation.portraits.sketch import Sketch
from generation.portraits.tones import Hair, Skin

#: Distance from the middle to an eye.
EYE_OFFSET = 67.0
_EYE_HALF_WIDTH = 31.0
_INK: RGB = (38, 24, 24)
_MOUTH = 582.0


def draw_features(sketch: Sketch, look: Look, shape: Head, skin: Skin, hair: Hair) -> None:
    """Draw all features but the mouth: it goes over a beard."""
    _nose(sketch, look, shape, skin)
    for side in (-1, 1):
        _eye(sketch, look, side, skin)
        _brow(sketch, look, side, hair)
    _lines(sketch, look, shape, skin)
    _marks(sketch, look, shape, skin)


def draw_mouth(sketch: Sketch, look: Look, shape: Head, skin: Skin) -> None:
    (_draw_open_smile if look.teeth else _draw_closed_mouth)(sketch, look, shape, skin)
    if look.beard in ("none", "stubble"):
        _around(sketch, shape, skin)


def _eye(sketch: Sketch, look: Look, side: int, skin: Skin) -> None:
    """Draw an almond shape with both lids on one outline; both eyes are lit from the same side."""
    size = look.build.eyes
    x, wide, high = side * EYE_OFFSET * look.width, _EYE_HALF_WIDTH * size, 18.5 * size

    def at(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x + side * across * wide, EYES + down * high) for across, down in points]

    upper: Points = at((-1, 0.32), (-0.55, -0.62), (0.05, -0.96), (0.6, -0.62), (1.0, 0.1))
    lower: Points = at((1.0, 0.1), (0.55, 0.72), (0.0, 0.88), (-0.55, 0.72), (-1, 0.32))
    white = joined(upper, lower)
    sketch.shape(white, oklch_to_rgb(0.965, 0.008, 60.0))
    with sketch.within(white):
        _iris(sketch, look, (x + 1.5, EYES - 1), 17.0 * size)
        shade = opened([(px, py + 3) for px, py in upper])
        sketch.line(shade, skin.dark, 7 * size, opacity=0.5)
    sketch.line(opened(lower[1:4]), skin.line, 2.6, opacity=0.35)
    crease = [(px, py - 10.5 * size) for px, py in upper[1:]]
    sketch.line(opened(crease), skin.line, 3.2, opacity=0.45)
    _lashes(sketch, look, side, upper)


def _iris(sketch: Sketch, look: Look, center: tuple[float, float], radius: float) -> None:
    light, chroma, hue = look.eyes
    sketch.shape(oval(center, radius, radius), oklch_to_rgb(light * 0.72, chroma, hue))
    inner = (center[0], center[1] + 1.5)
    sketch.shape(oval(inner, radius * 0.82, radius * 0.82), oklch_to_rgb(light, chroma, hue))
    sketch.shape(oval(center, radius * 0.48, radius * 0.48), (20, 14, 14))
    glint = (center[0] - radius * 0.34, center[1] - radius * 0.36)
    sketch.shape(oval(glint, radius * 0.26, radius * 0.26), WHITE)


def _lashes(sketch: Sketch, look: Look, side: int, upper: Points) -> None:
    """Draw the upper lid's line, thicker at its outer end, with the lashes."""
    thick = 3.5 + 3.5 * look.build.lashes
    inner, outer = upper[0], upper[-1]
    wing = (outer[0] + side * 9 * look.build.lashes, outer[1] - 9 * look.build.lashes)
    below = [(px, py + 1.5) for px, py in upper[1:-1]]
    above = [(px, py - thick) for px, py in upper[1:-1]]
    sketch.shape(closed([inner, *above, wing, outer, *reversed(below)]), _INK)


def _brow(sketch: Sketch, look: Look, side: int, hair: Hair) -> None:
    x, thick, lift = side * EYE_OFFSET * look.width, 6.2 * look.build.brows, 2.2 * look.brow
    top = EYES - 43 - 3 * look.build.eyes
    spine = [(-35, top + 2 - lift), (-10, top - 7 - lift), (16, top - 8), (43, top + 8 + lift)]
    widths = (0.85, 1.05, 0.85, 0.16)
    upper = [(x + side * px, py - thick * share) for (px, py), share in zip(spine, widths, strict=True)]
    lower = [(x + side * px, py + thick * share) for (px, py), share in zip(spine, widths, strict=True)]
    sketch.shape(closed([*upper, *reversed(lower)]), hair.dark, opacity=0.92)


def _nose(sketch: Sketch, look: Look, shape: Head, skin: Skin) -> None:
    """Draw the nose: its bridge as a shade only, its wings and its tip."""

    def at(*around: Point) -> list[Point]:
        return shape.all([(x * look.nose, y) for x, y in around])

    bridge = at((13, 464), (16, 490), (30, 522), (27, 537), (8, 541), (6, 520), (7, 490))
    sketch.shape(closed(bridge), skin.dark, opacity=0.5)
    glow = sketch.around(shape.place((-6, 512)), 26, (skin.light, 0.95), (skin.light, 0.0))
    sketch.shape(oval(shape.place((-6, 512)), 20, 26), glow)
    under = at((-29, 526), (-24, 537), (-12, 536), (0, 544), (12, 536), (24, 537), (29, 526))
    sketch.line(opened(under), skin.line, 4.6, opacity=0.62)


def _around(sketch: Sketch, shape: Head, skin: Skin) -> None:
    """Draw dimples at the mouth's corners, and the shade below the lower lip."""
    for side in (-1, 1):
        corner = [(side * 52, _MOUTH - 17), (side * 57, _MOUTH - 10), (side * 57, _MOUTH - 2)]
        sketch.line(opened(shape.all(corner)), skin.line, 3.2, opacity=0.32)
    low = opened(shape.all([(-18, _MOUTH + 40), (0, _MOUTH + 43), (18, _MOUTH + 40)]))
    sketch.line(low, skin.dark, 5, opacity=0.4)


def _lip_color(look: Look, skin: Skin) -> RGB:
    share = 0.35 + 0.65 * look.build.rose
    red, green, blue = (
        round(one + (other - one) * share) for one, other in zip(skin.dark, skin.lips, strict=True)
    )
    return red, green, blue


def _upper_lip(seam: Points, full: float) -> list[tuple[float, float]]:
    """Return the outline from the right corner to the left one, with a bow in its middle."""
    (left, high), (right, _) = seam[0], seam[-1]
    middle = seam[len(seam) // 2][1]
    bow = [(27, middle - 7 * full - 2), (10, middle - 10 * full), (0, middle - 7 * full)]
    return [(right, high), *bow, *((-x, y) for x, y in reversed(bow[:2])), (left, high)]


def _draw_closed_mouth(sketch: Sketch, look: Look, shape: Head, skin: Skin) -> None:
    """Draw closed lips with raised corners."""
    color, full, up = _lip_color(look, skin), look.build.lips * look.lips, 11 * look.smile
    seam = [(-50, _MOUTH - up), (-26, _MOUTH), (0, _MOUTH + 3), (26, _MOUTH), (50, _MOUTH - up)]
    below = [
        (50, _MOUTH - up),
        (28, _MOUTH + 12 * full),
        (0, _MOUTH + 17 * full + 3),
        (-28, _MOUTH + 12 * full),
        (-50, _MOUTH - up),
    ]
    sketch.shape(joined(shape.all(seam), shape.all(_upper_lip(seam, full))), color, opacity=0.9)
    sketch.shape(joined(shape.all(seam), shape.all(below)), color)
    sketch.shape(oval(shape.place((-6, _MOUTH + 10 * full + 2)), 17, 3.4 * full), skin.light, opacity=0.35)
    sketch.line(opened(shape.all(seam)), skin.line, 4.0, opacity=0.85)


def _draw_open_smile(sketch: Sketch, look: Look, shape: Head, skin: Skin) -> None:
    """Draw a smile that shows the upper teeth."""
    color, full, up, deep = (
        _lip_color(look, skin),
        look.build.lips * look.lips,
        12 * look.smile,
        25 * look.smile,
    )
    seam = [(-52, _MOUTH - up), (-28, _MOUTH - 3), (0, _MOUTH), (28, _MOUTH - 3), (52, _MOUTH - up)]
    lower = [
        (52, _MOUTH - up),
        (31, _MOUTH + deep * 0.68),
        (0, _MOUTH + deep),
        (-31, _MOUTH + deep * 0.68),
        (-52, _MOUTH - up),
    ]
    lip = [
        (52, _MOUTH - up),
        (33, _MOUTH + deep * 0.7 + 9 * full),
        (0, _MOUTH + deep + 11 * full),
        (-33, _MOUTH + deep * 0.7 + 9 * full),
        (-52, _MOUTH - up),
    ]
    sketch.shape(joined(shape.all(seam), shape.all(_upper_lip(seam, full * 0.85))), color, opacity=0.9)
    sketch.shape(joined(shape.all(seam), shape.all(lip)), color)
    inside = joined(shape.all(seam), shape.all(lower))
    sketch.shape(inside, oklch_to_rgb(0.30, 0.085, 22.0))
    with sketch.within(inside):
        teeth = [
            (-56, _MOUTH - up - 20),
            (56, _MOUTH - up - 20),
            (46, _MOUTH - up * 0.3),
            (26, _MOUTH + deep * 0.44),
            (0, _MOUTH + deep * 0.6),
            (-26, _MOUTH + deep * 0.44),
            (-46, _MOUTH - up * 0.3),
        ]
        sketch.shape(shape.path(teeth), oklch_to_rgb(0.975, 0.008, 85.0))
        sketch.shape(
            oval(shape.place((0, _MOUTH + deep * 1.08)), 24, deep * 0.26), oklch_to_rgb(0.62, 0.12, 18.0)
        )


def _lines(sketch: Sketch, look: Look, shape: Head, skin: Skin) -> None:
    """Draw lines of age: around the mouth first, then at the eyes, then on the forehead."""
    strength = look.aging.lines
    for side in (-1, 1):
        for points, since, width in _LINES:
            if strength > since:
                opacity = 0.38 * min(1.0, (strength - since) / 0.6 + 0.25)
                path = opened(shape.all([(side * x, y) for x, y in points]))
                sketch.line(path, skin.line, width, opacity=opacity)


_LINES: tuple[tuple[Points, float, float], ...] = (
    (((37, 536), (52, 552), (63, 578)), 0.2, 4.2),
    (((46, 486), (66, 492), (88, 484)), 0.3, 3.4),
    (((106, 448), (120, 443)), 0.35, 3.2),
    (((107, 460), (121, 464)), 0.35, 3.2),
    (((0, 352), (34, 349), (66, 354)), 0.5, 3.2),
    (((0, 372), (30, 369), (56, 373)), 0.8, 3.0),
    (((9, 418), (10, 434)), 0.8, 3.2),
)


def _marks(sketch: Sketch, look: Look, shape: Head, skin: Skin) -> None:
    if look.marks == "freckles":
        for x, y in _FRECKLES:
            for side in (-1, 1):
                sketch.shape(oval(shape.place((side * x + y % 5, y)), 3.4, 3.0), skin.line, opacity=0.32)
    elif look.marks == "mole":
        sketch.shape(oval(shape.place((58, 566)), 4.6, 4.6), skin.line, opacity=0.75)


_FRECKLES: Points = ((52, 508), (68, 516), (84, 507), (60, 529), (77, 531), (95, 522), (16, 498), (40, 519))
