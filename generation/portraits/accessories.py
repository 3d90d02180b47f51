"""Accessories: glasses, earrings and head coverings."""

from generation.color import RGB, WHITE
from generation.portraits.curves import (
    CurvePoints,
    build_closed_svg_path,
    build_open_svg_path,
    mirror_half_shape,
    oval_svg_path,
    parse_points,
)
from generation.portraits.features import EYE_OFFSET_X
from generation.portraits.hair_styles import HAIR_STYLES
from generation.portraits.head import EYES_Y, HeadShape
from generation.portraits.looks import PresenterLook
from generation.portraits.sketch import SvgSketch
from generation.portraits.tones import ClothColors, SkinColors

#: The right lens around its eye, from the inner side.
_GLASSES_LENS_SHAPES: dict[str, CurvePoints] = {
    "round": parse_points("-48,2 -40,-28 -14,-44 14,-44 40,-28 48,2 40,30 14,46 -14,46 -40,30"),
    "square": parse_points("-50,-6 -46,-32 -20,-36 24,-36 48,-32 52,-6 46,28 20,36 -20,36 -44,26"),
    "cat": parse_points("-48,-2 -40,-28 -10,-36 28,-40 54,-42 54,-12 42,26 12,36 -20,34 -42,22"),
    "thin": parse_points("-48,-2 -42,-26 -18,-34 18,-34 44,-26 50,-2 42,26 16,36 -16,36 -42,26"),
}
_GLASSES_FRAME_COLORS: tuple[RGB, ...] = ((32, 30, 36), (92, 56, 34), (44, 56, 88))
_GOLD_GLASSES_COLOR: RGB = (176, 138, 74)
_EARRING_COLOR: RGB = (222, 178, 92)
_EARRING_SHINE_COLOR: RGB = (252, 232, 180)
_BEANIE_OUTLINE = mirror_half_shape(parse_points("0,140 80,150 140,196 166,268 168,330 150,346 0,336"))
_BEANIE_CUFF_OUTLINE = mirror_half_shape(parse_points("0,262 90,268 160,286 172,300 172,344 160,360 90,346 0,340"))
_HEAD_WRAP_OUTLINE = mirror_half_shape(
    parse_points("0,120 100,130 176,180 196,250 176,316 152,372 142,392 136,352 104,312 56,292 0,288")
)
_HEAD_WRAP_KNOT_SHAPES = (
    parse_points("-64,150 -104,110 -96,66 -52,58 -10,92 0,140 -24,160"),
    parse_points("64,150 104,106 98,62 54,54 10,90 0,140 24,160"),
    parse_points("-44,118 0,98 44,118 48,158 0,176 -48,158"),
)
_HEAD_WRAP_FOLD_LINES = (
    parse_points("-170,300 -90,230 30,170"),
    parse_points("-176,262 -100,190 10,156"),
    parse_points("170,300 90,230 -30,170"),
    parse_points("176,262 100,190 -10,156"),
    parse_points("-140,372 -80,276 60,210"),
    parse_points("140,372 80,276 -60,210"),
)


def draw_glasses(sketch: SvgSketch, look: PresenterLook, shape: HeadShape, number: int) -> None:
    if look.glasses == "none":
        return
    is_thin = look.glasses == "thin"
    color, width = (
        (_GOLD_GLASSES_COLOR, 4.5) if is_thin else (_GLASSES_FRAME_COLORS[number % len(_GLASSES_FRAME_COLORS)], 8.5)
    )
    for side in (-1, 1):
        x = side * (EYE_OFFSET_X + 1) * look.width
        lens = build_closed_svg_path(
            [(x + side * px, EYES_Y + 2 + py) for px, py in _GLASSES_LENS_SHAPES[look.glasses]]
        )
        sketch.draw_shape(lens, WHITE, opacity=0.10)
        with sketch.clip_drawn_shapes(lens):
            glare = build_closed_svg_path(
                [(x - 34, EYES_Y - 50), (x - 8, EYES_Y - 50), (x - 34, EYES_Y + 50), (x - 60, EYES_Y + 50)]
            )
            sketch.draw_shape(glare, WHITE, opacity=0.16)
        sketch.draw_curve(lens, color, width)
        temple = [(x + side * 48, EYES_Y - 10), shape.fit_point_to_head((side * 152, EYES_Y - 14))]
        sketch.draw_curve(build_open_svg_path(temple), color, width * 0.9)
    inner = (EYE_OFFSET_X - 46) * look.width
    sketch.draw_curve(
        build_open_svg_path([(-inner, EYES_Y - 3), (0, EYES_Y - 13), (inner, EYES_Y - 3)]), color, width * 0.9
    )


def draw_earrings(sketch: SvgSketch, look: PresenterLook, shape: HeadShape) -> None:
    if look.earrings == "none" or HAIR_STYLES[look.style].over:
        return
    for side in (-1, 1):
        x, y = shape.fit_point_to_head((side * 157, 530))
        if look.earrings == "hoops":
            sketch.draw_curve(oval_svg_path((x, y + 24), 17, 24), _EARRING_COLOR, 6)
        elif look.earrings == "drops":
            sketch.draw_curve(oval_svg_path((x, y + 12), 1, 12), _EARRING_COLOR, 4)
            sketch.draw_shape(oval_svg_path((x, y + 34), 8, 12), _EARRING_COLOR)
        else:
            sketch.draw_shape(oval_svg_path((x, y), 8, 8), _EARRING_COLOR)
        sketch.draw_shape(oval_svg_path((x - 2, y - 2), 3, 3), _EARRING_SHINE_COLOR)


def draw_head_covering(
    sketch: SvgSketch, look: PresenterLook, shape: HeadShape, cloth: ClothColors, skin: SkinColors
) -> None:
    if look.style == "beanie":
        _draw_head_covering_shadow(sketch, shape, _BEANIE_CUFF_OUTLINE, skin)
        _draw_beanie(sketch, shape, cloth)
    elif look.style == "wrap":
        _draw_head_covering_shadow(sketch, shape, _HEAD_WRAP_OUTLINE, skin)
        _draw_head_wrap(sketch, shape, cloth)


def _draw_head_covering_shadow(sketch: SvgSketch, shape: HeadShape, edge: CurvePoints, skin: SkinColors) -> None:
    with sketch.clip_drawn_shapes(shape.face_svg_path):
        sketch.draw_shape(shape.fitted_head_svg_path([(x, y + 18) for x, y in edge]), skin.dark, opacity=0.45)


def _draw_beanie(sketch: SvgSketch, shape: HeadShape, cloth: ClothColors) -> None:
    _draw_lit_head_covering_cloth(sketch, shape.fitted_head_svg_path(_BEANIE_OUTLINE), cloth)
    for x in range(-140, 150, 25):
        sketch.draw_curve(build_open_svg_path([(x * 0.4, 152), (x * 0.86, 200), (x, 300)]), cloth.shade, 6, opacity=0.7)
    cuff = shape.fitted_head_svg_path(_BEANIE_CUFF_OUTLINE)
    _draw_lit_head_covering_cloth(sketch, cuff, cloth)
    with sketch.clip_drawn_shapes(cuff):
        for x in range(-168, 180, 21):
            sketch.draw_curve(build_open_svg_path([(x, 255), (x * 1.02, 365)]), cloth.shade, 5, opacity=0.75)
    sketch.draw_curve(cuff, cloth.dark, 4, opacity=0.4)


def _draw_head_wrap(sketch: SvgSketch, shape: HeadShape, cloth: ClothColors) -> None:
    whole = shape.fitted_head_svg_path(_HEAD_WRAP_OUTLINE)
    _draw_lit_head_covering_cloth(sketch, whole, cloth)
    with sketch.clip_drawn_shapes(whole):
        for number, fold in enumerate(_HEAD_WRAP_FOLD_LINES):
            color = cloth.dark if number % 2 else cloth.light
            sketch.draw_curve(build_open_svg_path(shape.fit_points_to_head(fold)), color, 6, opacity=0.5)
    for fold in _HEAD_WRAP_KNOT_SHAPES:
        path = shape.fitted_head_svg_path(fold)
        _draw_lit_head_covering_cloth(sketch, path, cloth)
        sketch.draw_curve(path, cloth.dark, 4, opacity=0.5)


def _draw_lit_head_covering_cloth(sketch: SvgSketch, path: str, cloth: ClothColors) -> None:
    """Draw a piece of cloth with this outline, lit from the upper left."""
    lit = sketch.define_radial_gradient((-70, 220), 200, (cloth.light, 0.8), (cloth.light, 0.0))
    dim = sketch.define_horizontal_gradient((20, 220), (cloth.dark, 0.0), (cloth.dark, 0.7))
    for fill in (cloth.plain, lit, dim):
        sketch.draw_shape(path, fill)
