"""Portrait of a presenter: all layers of the drawing, from the ground to the glasses."""

import math
from collections.abc import Sequence

from PIL import Image

from generation.color import RGB, oklch_to_rgb, to_oklch
from generation.portraits import tones
from generation.portraits.accessories import draw_covering, draw_earrings, draw_glasses
from generation.portraits.clothes import draw_clothes, draw_hood
from generation.portraits.curves import Point, closed
from generation.portraits.features import draw_features, draw_mouth
from generation.portraits.hair import draw_beard, draw_front, draw_hair_behind, draw_hair_over_shoulders
from generation.portraits.hair_styles import STYLES
from generation.portraits.head import NECK, draw_head, draw_neck, head
from generation.portraits.looks import Look, look
from generation.portraits.sketch import UNITS, Sketch
from generation.portraits.tones import Cloth
from generation.seeds import between
from generation.spec import AgeRange, Gender, Presenter
from generation.theme import Theme, theme

#: Chin's y in the tables.
_CHIN_Y = 658.0
#: Chin's y in a picture.
_CHIN_Y_DRAWN = 712.0
#: Topmost y of hair in a picture.
_TOP_Y = 66.0
_MAX_SCALE = 1.3
#: Lightnesses of a ground; of two equally good ones the lighter one wins.
_LIGHTNESSES = (0.90, 0.83, 0.755)
#: Maximum difference of its hue from the brand's, in degrees.
_TURN = 18.0
#: Side of a portrait as the only one.
SINGLE_SIDE_PX = 800
#: Side of a portrait in a grid.
GRID_SIDE_PX = 320


def portrait(presenter: Presenter, theme: Theme, side: int = 800) -> Image.Image:
    """Draw a square picture with the whole head inside its middle disc, the same for the same presenter."""
    appearance = look(presenter)
    shape, skin, hair = head(appearance), tones.skin(appearance.skin), tones.hair(appearance.hair)
    outer, inner = _clothes(appearance, theme)
    sketch = Sketch()
    draw_ground(sketch, theme, appearance.seed, (skin.plain, hair.plain, outer.plain))
    scale = _scale(appearance)
    with sketch.scaled(scale, _CHIN_Y_DRAWN - _CHIN_Y * scale):
        with sketch.turned(appearance.tilt, NECK):
            draw_hair_behind(sketch, appearance, shape, hair)
        draw_hood(sketch, appearance, outer)
        draw_neck(sketch, appearance, skin)
        draw_clothes(sketch, appearance, outer, inner)
        with sketch.turned(appearance.tilt, NECK):
            draw_head(sketch, appearance, skin)
            draw_features(sketch, appearance, shape, skin, hair)
            draw_beard(sketch, appearance, shape, hair, skin)
            draw_mouth(sketch, appearance, shape, skin)
            draw_hair_over_shoulders(sketch, appearance, shape, hair)
            draw_front(sketch, appearance, shape, hair, skin)
            draw_covering(sketch, appearance, shape, inner, skin)
            draw_glasses(sketch, appearance, shape, appearance.cloth)
            draw_earrings(sketch, appearance, shape)
    return sketch.image(side).convert("RGB")


def _clothes(appearance: Look, theme: Theme) -> tuple[Cloth, Cloth]:
    """Return the cloth colors: mostly the brand's color, with a light or a dark one."""
    main, dark, light = theme.vivid.tints[0], theme.dark.tints[1], theme.light.tints[1]
    pairs = ((main, light), (main, light), (main, dark), (main, light), (dark, main), (light, main))
    outer, inner = pairs[appearance.cloth]
    return tones.cloth(outer), tones.cloth(inner)


def place_in_picture(appearance: Look, point: Point) -> Point:
    """Map a point of a head to its place in the picture, as shares of the side."""
    scale, turn = _scale(appearance), math.radians(appearance.tilt)
    across, down = point[0] - NECK[0], point[1] - NECK[1]
    x = NECK[0] + across * math.cos(turn) - down * math.sin(turn)
    y = NECK[1] + across * math.sin(turn) + down * math.cos(turn)
    return (x * scale + UNITS / 2) / UNITS, (_CHIN_Y_DRAWN + (y - _CHIN_Y) * scale) / UNITS


def _scale(appearance: Look) -> float:
    """Return the largest scale that leaves all hair in the picture."""
    return min(_MAX_SCALE, (_CHIN_Y_DRAWN - _TOP_Y) / (_CHIN_Y - STYLES[appearance.style].top))


def draw_ground(sketch: Sketch, theme: Theme, seed: str, before: tuple[RGB, ...]) -> None:
    """Draw the ground with the lightness that differs most from the colors before it."""
    _, chroma, hue = to_oklch(theme.vivid.tints[0])
    hue += between(-_TURN, _TURN, seed, "ground")
    lightnesses = [to_oklch(color).lightness for color in before]
    light = max(_LIGHTNESSES, key=lambda one: min(0.14, *(abs(one - other) for other in lightnesses)))
    chroma = min(chroma, 0.11)
    whole = closed([(-900, -300), (900, -300), (900, 1300), (-900, 1300)])
    lit, dim = oklch_to_rgb(light + 0.07, chroma * 0.75, hue), oklch_to_rgb(light - 0.05, chroma, hue)
    sketch.shape(whole, dim)
    sketch.shape(whole, sketch.around((-110, 330), 640, (lit, 1.0), (dim, 1.0)))


def portrait_grid(seed: str, genders: Sequence[Gender], ages: Sequence[AgeRange], color: str) -> Image.Image:
    """Draw a row for each gender and a column for each age."""
    colors = theme([color])
    side = SINGLE_SIDE_PX if len(genders) == len(ages) == 1 else GRID_SIDE_PX
    sheet = Image.new("RGB", (side * len(ages), side * len(genders)))
    for row, gender in enumerate(genders):
        for column, age in enumerate(ages):
            presenter = Presenter(name="", gender=gender, age_range=age, seed=seed)
            sheet.paste(portrait(presenter, colors, side), (column * side, row * side))
    return sheet
