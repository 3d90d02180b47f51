"""Head: the face without its features, the ears and the neck, and the proportions for everything on them."""

from typing import NamedTuple

from generation.portraits.curves import (
    CurvePoint,
    CurvePoints,
    build_closed_svg_path,
    build_open_svg_path,
    mirror_half_shape,
    oval_svg_path,
    parse_points,
)
from generation.portraits.looks import PresenterLook
from generation.portraits.sketch import SvgSketch
from generation.portraits.tones import SkinColors

#: Height of the eyes: the face's length is scaled from there. `_JAW_Y_RANGE` is the range over which the
#: jaw's width changes.
EYES_Y = 456.0
_JAW_Y_RANGE = (500.0, 610.0)
#: Rotation center of a head.
HEAD_ROTATION_CENTER: CurvePoint = (0.0, 690.0)

FACE_HALF_OUTLINE = parse_points("0,236 74,248 128,296 149,368 150,450 143,520 122,580 84,628 40,652 0,658")
_EAR_OUTLINE = parse_points("140,452 160,438 176,452 174,490 162,522 146,530 136,500")


class HeadShape(NamedTuple):
    """A look's proportions of a head; its methods map shapes of an average head to this one."""

    jaw: float
    length: float
    width: float

    def fit_point_to_head(self, point: CurvePoint) -> CurvePoint:
        x, y = point
        share = min(1.0, max(0.0, (y - _JAW_Y_RANGE[0]) / (_JAW_Y_RANGE[1] - _JAW_Y_RANGE[0])))
        jaw = 1 + (self.jaw - 1) * share * share * (3 - 2 * share)
        return x * self.width * jaw, EYES_Y + (y - EYES_Y) * (self.length if y > EYES_Y else 1.0)

    def fit_points_to_head(self, points: CurvePoints) -> list[CurvePoint]:
        return [self.fit_point_to_head(point) for point in points]

    def fitted_head_svg_path(self, points: CurvePoints) -> str:
        return build_closed_svg_path(self.fit_points_to_head(points))

    @property
    def face_svg_path(self) -> str:
        return self.fitted_head_svg_path(mirror_half_shape(FACE_HALF_OUTLINE))

    @property
    def chin_y(self) -> float:
        return self.fit_point_to_head((0, 658))[1]


def head_shape_of_look(look: PresenterLook) -> HeadShape:
    return HeadShape(look.build.jaw, look.build.length, look.width)


def draw_neck(sketch: SvgSketch, look: PresenterLook, skin: SkinColors) -> None:
    """Draw the neck and the skin inside of a collar, in the chin's shadow."""
    wide, low = 72 * look.build.neck, head_shape_of_look(look).chin_y
    half = [
        (0, 540),
        (wide, 560),
        (wide, 640),
        (wide + 3, 698),
        (wide + 16, 728),
        (wide + 26, 762),
        (60, 900),
        (0, 910),
    ]
    neck = build_closed_svg_path(mirror_half_shape(half))
    sketch.draw_shape(neck, skin.plain)
    with sketch.clip_drawn_shapes(neck):
        sketch.draw_shape(
            neck, sketch.define_horizontal_gradient((-0.2 * wide, wide), (skin.shade, 0.0), (skin.shade, 0.9))
        )
        cast = [
            (170, 520),
            (150, low - 20),
            (90, low + 26),
            (14, low + 50),
            (-60, low + 34),
            (-150, low - 20),
            (-170, 520),
        ]
        sketch.draw_shape(build_closed_svg_path(cast), skin.dark, opacity=0.7)
    for side in (-1, 1):
        bone = build_open_svg_path([(side * 16, 780), (side * 52, 768), (side * 100, 770)])
        sketch.draw_curve(bone, skin.dark, 5, opacity=0.4)


def draw_blank_face_and_ears(sketch: SvgSketch, look: PresenterLook, skin: SkinColors) -> None:
    """Draw ears and face, lit from the upper left."""
    shape = head_shape_of_look(look)
    for side in (-1, 1):
        ear = [(side * x, y) for x, y in _EAR_OUTLINE]
        sketch.draw_shape(shape.fitted_head_svg_path(ear), skin.shade if side > 0 else skin.plain)
        sketch.draw_curve(build_open_svg_path(shape.fit_points_to_head(ear)), skin.dark, 6, opacity=0.6)
    sketch.draw_shape(shape.face_svg_path, skin.plain)
    _shade_face(sketch, shape, skin)


def _shade_face(sketch: SvgSketch, shape: HeadShape, skin: SkinColors) -> None:
    wide = 150 * shape.width
    glow = sketch.define_radial_gradient((-60, 400), 190, (skin.light, 0.95), (skin.light, 0.0))
    sketch.draw_shape(shape.face_svg_path, glow)
    side = sketch.define_horizontal_gradient(
        (0.25 * wide, wide), (skin.shade, 0.0), (skin.shade, 0.35), (skin.dark, 0.6)
    )
    sketch.draw_shape(shape.face_svg_path, side)
    low = sketch.define_vertical_gradient((shape.chin_y - 110, shape.chin_y), (skin.shade, 0.0), (skin.shade, 0.75))
    sketch.draw_shape(shape.face_svg_path, low)
    for x in (-86, 86):
        cheek = sketch.define_radial_gradient((x, 536), 58, (skin.flush, 0.36), (skin.flush, 0.0))
        sketch.draw_shape(oval_svg_path((x, 536), 58, 58), cheek)
