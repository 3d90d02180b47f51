"""Portrait of a presenter: all layers of the drawing, from the ground to the glasses."""

import math
from collections.abc import Sequence

from PIL import Image

from generation.color import RGB, oklch_to_rgb, rgb_to_oklch
from generation.portraits import tones
from generation.portraits.accessories import draw_earrings, draw_glasses, draw_head_covering
from generation.portraits.clothes import draw_clothes, draw_hood_behind_neck
from generation.portraits.curves import CurvePoint, build_closed_svg_path
from generation.portraits.features import draw_facial_features_except_mouth, draw_mouth
from generation.portraits.hair import draw_beard, draw_hair_behind_head, draw_hair_on_head, draw_hair_over_shoulders
from generation.portraits.hair_styles import HAIR_STYLES
from generation.portraits.head import HEAD_ROTATION_CENTER, draw_blank_face_and_ears, draw_neck, head_shape_of_look
from generation.portraits.looks import PresenterLook, derive_presenter_look
from generation.portraits.sketch import SKETCH_SIDE_UNITS, SvgSketch
from generation.portraits.tones import ClothColors
from generation.seeds import seeded_random_between
from generation.spec import AgeRange, Gender, Presenter
from generation.theme import PieceColorTheme, derive_piece_color_theme

#: Chin's y in the tables.
_AVERAGE_HEAD_CHIN_Y = 658.0
#: Chin's y in a picture.
_CHIN_Y_IN_PORTRAIT = 712.0
#: Topmost y of hair in a picture.
_MIN_HAIR_Y_IN_PORTRAIT = 66.0
_MAX_HEAD_SCALE = 1.3
#: Lightnesses of a ground; of two equally good ones the lighter one wins.
_PORTRAIT_BACKGROUND_LIGHTNESSES = (0.90, 0.83, 0.755)
#: Maximum difference of its hue from the brand's, in degrees.
_MAX_HUE_SHIFT_FROM_BRAND_DEGREES = 18.0
#: Side of a portrait as the only one.
SINGLE_PORTRAIT_SIDE_PX = 800
#: Side of a portrait in a grid.
CLI_GRID_PORTRAIT_SIDE_PX = 320


def draw_presenter_portrait(presenter: Presenter, theme: PieceColorTheme, side: int = 800) -> Image.Image:
    """Return a square portrait, the same for the same presenter and theme, with the head inside its inscribed disc."""
    appearance = derive_presenter_look(presenter)
    shape = head_shape_of_look(appearance)
    skin = tones.skin_colors_of_tone(appearance.skin)
    hair = tones.derive_hair_colors_of_hair_tone(appearance.hair)
    outer, inner = _choose_cloth_colors(appearance, theme)
    sketch = SvgSketch()
    draw_portrait_background(sketch, theme, appearance.seed, (skin.plain, hair.plain, outer.plain))
    scale = _head_scale_that_fits_hair_in_portrait(appearance)
    with sketch.scale_and_move_drawn_shapes(scale, _CHIN_Y_IN_PORTRAIT - _AVERAGE_HEAD_CHIN_Y * scale):
        with sketch.rotate_drawn_shapes(appearance.tilt, HEAD_ROTATION_CENTER):
            draw_hair_behind_head(sketch, appearance, shape, hair)
        draw_hood_behind_neck(sketch, appearance, outer)
        draw_neck(sketch, appearance, skin)
        draw_clothes(sketch, appearance, outer, inner)
        with sketch.rotate_drawn_shapes(appearance.tilt, HEAD_ROTATION_CENTER):
            draw_blank_face_and_ears(sketch, appearance, skin)
            draw_facial_features_except_mouth(sketch, appearance, shape, skin, hair)
            draw_beard(sketch, appearance, shape, hair, skin)
            draw_mouth(sketch, appearance, shape, skin)
            draw_hair_over_shoulders(sketch, appearance, shape, hair)
            draw_hair_on_head(sketch, appearance, shape, hair, skin)
            draw_head_covering(sketch, appearance, shape, inner, skin)
            draw_glasses(sketch, appearance, shape, appearance.cloth)
            draw_earrings(sketch, appearance, shape)
    return sketch.render_image(side).convert("RGB")


def _choose_cloth_colors(appearance: PresenterLook, theme: PieceColorTheme) -> tuple[ClothColors, ClothColors]:
    """Return the colors of the outer and of the inner clothes: mostly the brand's color, with a light or a dark one."""
    main, dark, light = theme.vivid.tints[0], theme.dark.tints[1], theme.light.tints[1]
    pairs = ((main, light), (main, light), (main, dark), (main, light), (dark, main), (light, main))
    outer, inner = pairs[appearance.cloth]
    return tones.cloth_colors_of_color(outer), tones.cloth_colors_of_color(inner)


def map_head_point_to_portrait(appearance: PresenterLook, point: CurvePoint) -> CurvePoint:
    """Return the place of a head's point in the portrait, as shares of the portrait's side."""
    scale, turn = _head_scale_that_fits_hair_in_portrait(appearance), math.radians(appearance.tilt)
    across, down = point[0] - HEAD_ROTATION_CENTER[0], point[1] - HEAD_ROTATION_CENTER[1]
    x = HEAD_ROTATION_CENTER[0] + across * math.cos(turn) - down * math.sin(turn)
    y = HEAD_ROTATION_CENTER[1] + across * math.sin(turn) + down * math.cos(turn)
    return (x * scale + SKETCH_SIDE_UNITS / 2) / SKETCH_SIDE_UNITS, (
        _CHIN_Y_IN_PORTRAIT + (y - _AVERAGE_HEAD_CHIN_Y) * scale
    ) / SKETCH_SIDE_UNITS


def _head_scale_that_fits_hair_in_portrait(appearance: PresenterLook) -> float:
    """Return the largest scale of a head, at most 1.3, that leaves all of its hair in the portrait."""
    return min(
        _MAX_HEAD_SCALE,
        (_CHIN_Y_IN_PORTRAIT - _MIN_HAIR_Y_IN_PORTRAIT) / (_AVERAGE_HEAD_CHIN_Y - HAIR_STYLES[appearance.style].top_y),
    )


def draw_portrait_background(
    sketch: SvgSketch, theme: PieceColorTheme, seed: str, front_colors: tuple[RGB, ...]
) -> None:
    """Draw a portrait's ground with the lightness that differs most from the colors in front of it.

    `front_colors` has these colors: of skin, hair and clothes.
    """
    _, chroma, hue = rgb_to_oklch(theme.vivid.tints[0])
    hue += seeded_random_between(-_MAX_HUE_SHIFT_FROM_BRAND_DEGREES, _MAX_HUE_SHIFT_FROM_BRAND_DEGREES, seed, "ground")
    lightnesses = [rgb_to_oklch(color).lightness for color in front_colors]
    light = max(
        _PORTRAIT_BACKGROUND_LIGHTNESSES, key=lambda one: min(0.14, *(abs(one - other) for other in lightnesses))
    )
    chroma = min(chroma, 0.11)
    whole = build_closed_svg_path([(-900, -300), (900, -300), (900, 1300), (-900, 1300)])
    lit, dim = oklch_to_rgb(light + 0.07, chroma * 0.75, hue), oklch_to_rgb(light - 0.05, chroma, hue)
    sketch.draw_shape(whole, dim)
    sketch.draw_shape(whole, sketch.define_radial_gradient((-110, 330), 640, (lit, 1.0), (dim, 1.0)))


def draw_portrait_grid(seed: str, genders: Sequence[Gender], ages: Sequence[AgeRange], color: str) -> Image.Image:
    """Return a picture with portraits of presenters: a row for each gender and a column for each age."""
    colors = derive_piece_color_theme([color])
    side = SINGLE_PORTRAIT_SIDE_PX if len(genders) == len(ages) == 1 else CLI_GRID_PORTRAIT_SIDE_PX
    sheet = Image.new("RGB", (side * len(ages), side * len(genders)))
    for row, gender in enumerate(genders):
        for column, age in enumerate(ages):
            presenter = Presenter(name="", gender=gender, age_range=age, seed=seed)
            sheet.paste(draw_presenter_portrait(presenter, colors, side), (column * side, row * side))
    return sheet
