"""Hair: behind the head, over the shoulders, and on the head."""

from generation.portraits.curves import (
    CurvePoints,
    build_open_svg_path,
    curl_discs_svg_path,
    half_circle_svg_path,
    mirror_half_shape,
    parse_points,
    points_along_line,
    staggered_grid_points,
)
from generation.portraits.hair_styles import HairStyleShapes, hair_style_of_look
from generation.portraits.head import HeadShape
from generation.portraits.looks import PresenterLook
from generation.portraits.sketch import SvgSketch
from generation.portraits.tones import HairColors, SkinColors
from generation.seeds import seeded_random_between, seeded_random_number

_SHORT_BEARD_OUTLINE = parse_points("""
    0,684 46,677 94,648 130,598 148,536 151,470 150,430 143,440 138,496 122,536 96,556 72,556
    52,546 30,548 12,556 0,553
""")
_FULL_BEARD_OUTLINE = parse_points("""
    0,726 58,716 112,676 146,610 156,540 154,470 151,430 143,440 138,490 118,530 92,548 70,550
    50,542 30,546 12,555 0,552
""")
_MUSTACHE_OUTLINE = parse_points("0,562 22,568 44,576 64,588 62,566 46,550 26,545 10,552 0,552")
#: The shade below the lower lip, and the bare skin around the lips.
_LOWER_LIP_SHADE_OUTLINE = parse_points("0,632 26,628 38,616 30,606 0,604")
_BARE_SKIN_AROUND_LIPS_OUTLINE = parse_points("0,600 40,592 56,576 50,562 0,566")
_BEARD_OUTLINE_BY_NAME = {
    "stubble": _SHORT_BEARD_OUTLINE,
    "short": _SHORT_BEARD_OUTLINE,
    "full": _FULL_BEARD_OUTLINE,
    "mustache": _MUSTACHE_OUTLINE,
}


def draw_hair_behind_head(sketch: SvgSketch, look: PresenterLook, shape: HeadShape, hair: HairColors) -> None:
    style = hair_style_of_look(look)
    paths = [shape.fitted_head_svg_path(style.back)] if style.back else []
    if style.behind:
        paths.append(curl_discs_svg_path(shape.fit_points_to_head(style.behind), style.bumps, look.seed))
    fill = sketch.define_vertical_gradient(
        (150, 690), (hair.plain, 1.0), (hair.plain, 1.0), (hair.shade, 1.0), (hair.dark, 1.0)
    )
    knot = sketch.define_radial_gradient((-32.0, style.top_y + 46), 74, (hair.light, 0.7), (hair.light, 0.0))
    for path in paths:
        _fill_hair_with_light(sketch, path, fill, hair)
        sketch.draw_shape(path, knot)
    if style.bumps and style.back:
        _draw_curl_texture(sketch, look, shape, hair, style.back)
    if look.style == "locs":
        _draw_locs(sketch, look, shape, hair, front=False)


def draw_hair_over_shoulders(sketch: SvgSketch, look: PresenterLook, shape: HeadShape, hair: HairColors) -> None:
    """Draw the hair that falls over the shoulders, in front of the clothes; nothing for short hair."""
    style = hair_style_of_look(look)
    if look.style == "locs":
        _draw_locs(sketch, look, shape, hair, front=True)
        return
    for outline in style.over:
        fill = sketch.define_vertical_gradient((150, 930), (hair.plain, 1.0), (hair.plain, 1.0), (hair.shade, 1.0))
        _fill_hair_with_light(sketch, shape.fitted_head_svg_path(outline), fill, hair)
        if style.bumps:
            _draw_curl_texture(sketch, look, shape, hair, outline)
        else:
            _draw_falling_strands(sketch, shape.fit_points_to_head(outline), hair)


def _draw_falling_strands(sketch: SvgSketch, points: CurvePoints, hair: HairColors) -> None:
    """Draw strands on a lock of hair, parallel to its inner and its outer side."""
    half = len(points) // 2
    outer, inner = points[:half], list(reversed(points[half:]))
    for number, share in enumerate((0.2, 0.42, 0.62, 0.82)):
        pairs = zip(outer, inner, strict=False)
        line = [(ox + (ix - ox) * share, oy + (iy - oy) * share) for (ox, oy), (ix, iy) in pairs]
        color, opacity = (hair.light, 0.5) if number % 2 else (hair.dark, 0.45)
        sketch.draw_curve(build_open_svg_path(line), color, 4.5, opacity=opacity)


def draw_hair_on_head(
    sketch: SvgSketch, look: PresenterLook, shape: HeadShape, hair: HairColors, skin: SkinColors
) -> None:
    style = hair_style_of_look(look)
    if not style.front:
        return
    with sketch.clip_drawn_shapes(shape.face_svg_path):
        for outline in style.front:
            sketch.draw_shape(shape.fitted_head_svg_path([(x + 5, y + 13) for x, y in outline]), skin.dark, opacity=0.5)
    end = 0.25 if look.style == "cropped" else 1.0
    fill = sketch.define_vertical_gradient((200, 450), (hair.plain, 1.0), (hair.plain, 1.0), (hair.plain, end))
    for path in _hair_outline_svg_paths(look, shape, style):
        _fill_hair_with_light(sketch, path, fill, hair, end)
    if style.bumps and style.rim:
        _draw_curl_texture(sketch, look, shape, hair, style.front[0])
    for number, strand in enumerate(style.strands):
        color, opacity = (hair.light, 0.75) if number % 2 == 0 else (hair.dark, 0.5)
        sketch.draw_curve(build_open_svg_path(shape.fit_points_to_head(strand)), color, 5.0, opacity=opacity)


def _hair_outline_svg_paths(look: PresenterLook, shape: HeadShape, style: HairStyleShapes) -> list[str]:
    paths = [shape.fitted_head_svg_path(outline) for outline in style.front]
    rims = enumerate(style.rim)
    return paths + [
        curl_discs_svg_path(shape.fit_points_to_head(rim), style.bumps * 0.62, f"{look.seed} {number}")
        for number, rim in rims
    ]


def _fill_hair_with_light(sketch: SvgSketch, path: str, fill: str, hair: HairColors, opacity: float = 1.0) -> None:
    """Fill the outline of hair with `fill`, with light from the upper left, and with shade on the right."""
    lit = sketch.define_radial_gradient((-70, 235), 165, (hair.light, 0.8), (hair.light, 0.0))
    dim = sketch.define_horizontal_gradient((30, 220), (hair.dark, 0.0), (hair.dark, 0.65 * opacity))
    for one in (fill, lit, dim):
        sketch.draw_shape(path, one)


def _draw_curl_texture(
    sketch: SvgSketch, look: PresenterLook, shape: HeadShape, hair: HairColors, points: CurvePoints
) -> None:
    """Draw small arcs all over a shape as the texture of curly hair, more lit ones to the left."""
    lit: list[str] = []
    dim: list[str] = []
    for number, (x, y) in enumerate(staggered_grid_points(points, 25)):
        seed = f"{look.seed} {points[0]} {number}"
        place = (x + seeded_random_between(-7, 7, seed, "x"), y + seeded_random_between(-6, 6, seed, "y"))
        turn = -1 if seeded_random_number(seed, "turn") < 0.5 else 1
        curl = half_circle_svg_path(shape.fit_point_to_head(place), seeded_random_between(7, 11, seed, "radius"), turn)
        (lit if seeded_random_number(seed, "lit") < 0.55 - x / 600 else dim).append(curl)
    for color, curls_of_color in ((hair.light, lit), (hair.dark, dim)):
        sketch.draw_curve("".join(curls_of_color), color, 3.4, opacity=0.42)


def _draw_locs(sketch: SvgSketch, look: PresenterLook, shape: HeadShape, hair: HairColors, *, front: bool) -> None:
    """Draw locs to the shoulders: three a side with `front`, else nine a side behind the head, shorter outwards."""
    count = 3 if front else 9
    for number in range(count):
        share = number / (count - 1)
        for side in (-1, 1):
            seed = f"{look.seed} loc {front} {number} {side}"
            low = seeded_random_between(720, 800, seed, "low") - (0 if front else 50 * share)
            turn = seeded_random_between(-8, 8, seed, "turn")
            if front:
                ways = [
                    (120 + 14 * share, 300),
                    (150 + 20 * share, 400),
                    (154 + 34 * share + turn, 560),
                    (160 + 36 * share, low),
                ]
            else:
                ways = [
                    (16 + 48 * share, 216),
                    (66 + 92 * share, 300),
                    (80 + 110 * share + turn, 540),
                    (84 + 112 * share, low),
                ]
            rope = shape.fit_points_to_head([(side * x, y) for x, y in ways])
            sketch.draw_curve(build_open_svg_path(rope), hair.dark, 26)
            sketch.draw_curve(build_open_svg_path(rope), hair.plain if front else hair.shade, 19)
            for x, y in points_along_line(rope[1:], 26):
                sketch.draw_curve(build_open_svg_path([(x - 7, y + 3), (x + 7, y - 3)]), hair.dark, 3.5, opacity=0.6)


def draw_beard(sketch: SvgSketch, look: PresenterLook, shape: HeadShape, hair: HairColors, skin: SkinColors) -> None:
    if look.beard == "none":
        return
    path = shape.fitted_head_svg_path(mirror_half_shape(_BEARD_OUTLINE_BY_NAME[look.beard]))
    if look.beard == "stubble":
        with sketch.clip_drawn_shapes(shape.face_svg_path):
            sketch.draw_shape(path, hair.dark, opacity=0.26)
        return
    fill = sketch.define_vertical_gradient((430, 700), (hair.plain, 0.55), (hair.plain, 1.0), (hair.shade, 1.0))
    sketch.draw_shape(path, fill)
    sketch.draw_shape(path, sketch.define_horizontal_gradient((20, 160), (hair.dark, 0.0), (hair.dark, 0.6)))
    if look.beard != "mustache":
        sketch.draw_shape(
            shape.fitted_head_svg_path(mirror_half_shape(_LOWER_LIP_SHADE_OUTLINE)), hair.dark, opacity=0.35
        )
        sketch.draw_shape(
            shape.fitted_head_svg_path(mirror_half_shape(_BARE_SKIN_AROUND_LIPS_OUTLINE)), skin.shade, opacity=0.5
        )
