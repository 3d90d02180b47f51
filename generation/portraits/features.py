"""Facial features: eyes, brows, nose and mouth, and the lines of age."""

from generation.color import RGB, WHITE, oklch_to_rgb
from generation.portraits.curves import (
    CurvePoint,
    CurvePoints,
    build_closed_svg_path,
    build_open_svg_path,
    join_curves_to_outline,
    mirror_half_shape,
    oval_svg_path,
)
from generation.portraits.head import EYES_Y, HeadShape
from generation.portraits.looks import PresenterLook
from generation.portraits.sketch import SvgSketch
from generation.portraits.tones import HairColors, SkinColors

#: Distance from the middle to an eye.
EYE_OFFSET_X = 67.0
_EYE_HALF_WIDTH = 31.0
_LASH_COLOR: RGB = (38, 24, 24)
_MOUTH_Y = 582.0


def draw_facial_features_except_mouth(
    sketch: SvgSketch, look: PresenterLook, shape: HeadShape, skin: SkinColors, hair: HairColors
) -> None:
    """Draw a face's nose, eyes, brows, age lines and skin marks. The mouth is drawn later, over a beard."""
    _draw_nose(sketch, look, shape, skin)
    for side in (-1, 1):
        _draw_eye(sketch, look, side, skin)
        _draw_brow(sketch, look, side, hair)
    _draw_age_lines(sketch, look, shape, skin)
    _draw_skin_marks(sketch, look, shape, skin)


def draw_mouth(sketch: SvgSketch, look: PresenterLook, shape: HeadShape, skin: SkinColors) -> None:
    (_draw_open_smile if look.teeth else _draw_closed_mouth)(sketch, look, shape, skin)
    if look.beard in ("none", "stubble"):
        _draw_mouth_shading(sketch, shape, skin)


def _draw_eye(sketch: SvgSketch, look: PresenterLook, side: int, skin: SkinColors) -> None:
    """Draw an eye: an almond shape with both lids on one outline. Both eyes are lit from the same side."""
    size = look.build.eyes
    x, wide, high = side * EYE_OFFSET_X * look.width, _EYE_HALF_WIDTH * size, 18.5 * size

    def at(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x + side * across * wide, EYES_Y + down * high) for across, down in points]

    upper: CurvePoints = at((-1, 0.32), (-0.55, -0.62), (0.05, -0.96), (0.6, -0.62), (1.0, 0.1))
    lower: CurvePoints = at((1.0, 0.1), (0.55, 0.72), (0.0, 0.88), (-0.55, 0.72), (-1, 0.32))
    white = join_curves_to_outline(upper, lower)
    sketch.draw_shape(white, oklch_to_rgb(0.965, 0.008, 60.0))
    with sketch.clip_drawn_shapes(white):
        _draw_iris(sketch, look, (x + 1.5, EYES_Y - 1), 17.0 * size)
        shade = build_open_svg_path([(px, py + 3) for px, py in upper])
        sketch.draw_curve(shade, skin.dark, 7 * size, opacity=0.5)
    sketch.draw_curve(build_open_svg_path(lower[1:4]), skin.line, 2.6, opacity=0.35)
    crease = [(px, py - 10.5 * size) for px, py in upper[1:]]
    sketch.draw_curve(build_open_svg_path(crease), skin.line, 3.2, opacity=0.45)
    _draw_lashes(sketch, look, side, upper)


def _draw_iris(sketch: SvgSketch, look: PresenterLook, center: tuple[float, float], radius: float) -> None:
    light, chroma, hue = look.eyes
    sketch.draw_shape(oval_svg_path(center, radius, radius), oklch_to_rgb(light * 0.72, chroma, hue))
    inner = (center[0], center[1] + 1.5)
    sketch.draw_shape(oval_svg_path(inner, radius * 0.82, radius * 0.82), oklch_to_rgb(light, chroma, hue))
    sketch.draw_shape(oval_svg_path(center, radius * 0.48, radius * 0.48), (20, 14, 14))
    glint = (center[0] - radius * 0.34, center[1] - radius * 0.36)
    sketch.draw_shape(oval_svg_path(glint, radius * 0.26, radius * 0.26), WHITE)


def _draw_lashes(sketch: SvgSketch, look: PresenterLook, side: int, upper: CurvePoints) -> None:
    """Draw the upper lid's line, thicker at its outer end, with the lashes."""
    thick = 3.5 + 3.5 * look.build.lashes
    inner, outer = upper[0], upper[-1]
    wing = (outer[0] + side * 9 * look.build.lashes, outer[1] - 9 * look.build.lashes)
    below = [(px, py + 1.5) for px, py in upper[1:-1]]
    above = [(px, py - thick) for px, py in upper[1:-1]]
    sketch.draw_shape(build_closed_svg_path([inner, *above, wing, outer, *reversed(below)]), _LASH_COLOR)


def _draw_brow(sketch: SvgSketch, look: PresenterLook, side: int, hair: HairColors) -> None:
    x, thick, lift = side * EYE_OFFSET_X * look.width, 6.2 * look.build.brows, 2.2 * look.brow
    top = EYES_Y - 43 - 3 * look.build.eyes
    spine = [(-35, top + 2 - lift), (-10, top - 7 - lift), (16, top - 8), (43, top + 8 + lift)]
    widths = (0.85, 1.05, 0.85, 0.16)
    upper = [(x + side * px, py - thick * share) for (px, py), share in zip(spine, widths, strict=True)]
    lower = [(x + side * px, py + thick * share) for (px, py), share in zip(spine, widths, strict=True)]
    sketch.draw_shape(build_closed_svg_path([*upper, *reversed(lower)]), hair.dark, opacity=0.92)


def _draw_nose(sketch: SvgSketch, look: PresenterLook, shape: HeadShape, skin: SkinColors) -> None:
    """Draw the nose: its bridge as a shade only, its wings and its tip."""

    def at(*around: CurvePoint) -> list[CurvePoint]:
        return shape.fit_points_to_head([(x * look.nose, y) for x, y in around])

    bridge = at((13, 464), (16, 490), (30, 522), (27, 537), (8, 541), (6, 520), (7, 490))
    sketch.draw_shape(build_closed_svg_path(bridge), skin.dark, opacity=0.5)
    glow = sketch.define_radial_gradient(shape.fit_point_to_head((-6, 512)), 26, (skin.light, 0.95), (skin.light, 0.0))
    sketch.draw_shape(oval_svg_path(shape.fit_point_to_head((-6, 512)), 20, 26), glow)
    under = at((-29, 526), (-24, 537), (-12, 536), (0, 544), (12, 536), (24, 537), (29, 526))
    sketch.draw_curve(build_open_svg_path(under), skin.line, 4.6, opacity=0.62)


def _draw_mouth_shading(sketch: SvgSketch, shape: HeadShape, skin: SkinColors) -> None:
    """Draw dimples at the mouth's corners, and the shade below the lower lip."""
    for side in (-1, 1):
        corner = [(side * 52, _MOUTH_Y - 17), (side * 57, _MOUTH_Y - 10), (side * 57, _MOUTH_Y - 2)]
        sketch.draw_curve(build_open_svg_path(shape.fit_points_to_head(corner)), skin.line, 3.2, opacity=0.32)
    low = build_open_svg_path(shape.fit_points_to_head([(-18, _MOUTH_Y + 40), (0, _MOUTH_Y + 43), (18, _MOUTH_Y + 40)]))
    sketch.draw_curve(low, skin.dark, 5, opacity=0.4)


def _lip_color(look: PresenterLook, skin: SkinColors) -> RGB:
    share = 0.35 + 0.65 * look.build.rose
    red, green, blue = (round(one + (other - one) * share) for one, other in zip(skin.dark, skin.lips, strict=True))
    return red, green, blue


def _upper_lip_outline(seam: CurvePoints, full: float) -> list[tuple[float, float]]:
    """Return the points of the upper lip's outline from the right corner to the left one, with a bow in its middle."""
    middle = seam[len(seam) // 2][1]
    bow = [(27, middle - 7 * full - 2), (10, middle - 10 * full), (0, middle - 7 * full)]
    return mirror_half_shape([seam[-1], *bow])


def _draw_lips(
    sketch: SvgSketch, shape: HeadShape, seam: CurvePoints, upper: CurvePoints, lower: CurvePoints, *, color: RGB
) -> None:
    for lip, opacity in ((upper, 0.9), (lower, 1.0)):
        outline = join_curves_to_outline(shape.fit_points_to_head(seam), shape.fit_points_to_head(lip))
        sketch.draw_shape(outline, color, opacity=opacity)


def _draw_closed_mouth(sketch: SvgSketch, look: PresenterLook, shape: HeadShape, skin: SkinColors) -> None:
    """Draw a closed mouth with raised corners."""
    color, full, up = _lip_color(look, skin), look.build.lips * look.lips, 11 * look.smile
    seam = [(-50, _MOUTH_Y - up), (-26, _MOUTH_Y), (0, _MOUTH_Y + 3), (26, _MOUTH_Y), (50, _MOUTH_Y - up)]
    below = mirror_half_shape([(50, _MOUTH_Y - up), (28, _MOUTH_Y + 12 * full), (0, _MOUTH_Y + 17 * full + 3)])
    _draw_lips(sketch, shape, seam, _upper_lip_outline(seam, full), below, color=color)
    sketch.draw_shape(
        oval_svg_path(shape.fit_point_to_head((-6, _MOUTH_Y + 10 * full + 2)), 17, 3.4 * full), skin.light, opacity=0.35
    )
    sketch.draw_curve(build_open_svg_path(shape.fit_points_to_head(seam)), skin.line, 4.0, opacity=0.85)


def _draw_open_smile(sketch: SvgSketch, look: PresenterLook, shape: HeadShape, skin: SkinColors) -> None:
    """Draw a smile that shows the upper teeth."""
    color, full, up, deep = (_lip_color(look, skin), look.build.lips * look.lips, 12 * look.smile, 25 * look.smile)
    seam = [(-52, _MOUTH_Y - up), (-28, _MOUTH_Y - 3), (0, _MOUTH_Y), (28, _MOUTH_Y - 3), (52, _MOUTH_Y - up)]
    lower = mirror_half_shape([(52, _MOUTH_Y - up), (31, _MOUTH_Y + deep * 0.68), (0, _MOUTH_Y + deep)])
    lip = mirror_half_shape(
        [(52, _MOUTH_Y - up), (33, _MOUTH_Y + deep * 0.7 + 9 * full), (0, _MOUTH_Y + deep + 11 * full)]
    )
    _draw_lips(sketch, shape, seam, _upper_lip_outline(seam, full * 0.85), lip, color=color)
    inside = join_curves_to_outline(shape.fit_points_to_head(seam), shape.fit_points_to_head(lower))
    sketch.draw_shape(inside, oklch_to_rgb(0.30, 0.085, 22.0))
    with sketch.clip_drawn_shapes(inside):
        teeth = [
            (-56, _MOUTH_Y - up - 20),
            (56, _MOUTH_Y - up - 20),
            (46, _MOUTH_Y - up * 0.3),
            (26, _MOUTH_Y + deep * 0.44),
            (0, _MOUTH_Y + deep * 0.6),
            (-26, _MOUTH_Y + deep * 0.44),
            (-46, _MOUTH_Y - up * 0.3),
        ]
        sketch.draw_shape(shape.fitted_head_svg_path(teeth), oklch_to_rgb(0.975, 0.008, 85.0))
        sketch.draw_shape(
            oval_svg_path(shape.fit_point_to_head((0, _MOUTH_Y + deep * 1.08)), 24, deep * 0.26),
            oklch_to_rgb(0.62, 0.12, 18.0),
        )


def _draw_age_lines(sketch: SvgSketch, look: PresenterLook, shape: HeadShape, skin: SkinColors) -> None:
    """Draw the lines of age on a face: with more age first around the mouth, then at the eyes, then on the forehead."""
    strength = look.aging.lines
    for side in (-1, 1):
        for points, since, width in _WRINKLE_CURVES:
            if strength > since:
                opacity = 0.38 * min(1.0, (strength - since) / 0.6 + 0.25)
                path = build_open_svg_path(shape.fit_points_to_head([(side * x, y) for x, y in points]))
                sketch.draw_curve(path, skin.line, width, opacity=opacity)


_WRINKLE_CURVES: tuple[tuple[CurvePoints, float, float], ...] = (
    (((37, 536), (52, 552), (63, 578)), 0.2, 4.2),
    (((46, 486), (66, 492), (88, 484)), 0.3, 3.4),
    (((106, 448), (120, 443)), 0.35, 3.2),
    (((107, 460), (121, 464)), 0.35, 3.2),
    (((0, 352), (34, 349), (66, 354)), 0.5, 3.2),
    (((0, 372), (30, 369), (56, 373)), 0.8, 3.0),
    (((9, 418), (10, 434)), 0.8, 3.2),
)


def _draw_skin_marks(sketch: SvgSketch, look: PresenterLook, shape: HeadShape, skin: SkinColors) -> None:
    if look.marks == "freckles":
        for x, y in _FRECKLE_POINTS:
            for side in (-1, 1):
                sketch.draw_shape(
                    oval_svg_path(shape.fit_point_to_head((side * x + y % 5, y)), 3.4, 3.0), skin.line, opacity=0.32
                )
    elif look.marks == "mole":
        sketch.draw_shape(oval_svg_path(shape.fit_point_to_head((58, 566)), 4.6, 4.6), skin.line, opacity=0.75)


_FRECKLE_POINTS: CurvePoints = ((52, 508), (68, 516), (84, 507), (60, 529), (77, 531), (95, 522), (16, 498), (40, 519))
