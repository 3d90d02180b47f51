"""Clothes in a brand's colors."""

from collections.abc import Callable

from generation.portraits.curves import (
    CurvePoint,
    CurvePoints,
    build_closed_svg_path,
    build_open_svg_path,
    mirror_half_line,
    mirror_half_shape,
    pair_points_with_mirror_image,
    parse_points,
)
from generation.portraits.looks import PresenterLook
from generation.portraits.sketch import SvgSketch
from generation.portraits.tones import ClothColors

#: Outline from the collar to the shoulder and down to the picture's edge. A smaller x belongs to the collar.
_SHOULDER_OUTLINE_POINTS_TEXT = "172,756 262,784 326,834 360,920 378,1080"
_MAX_COLLAR_X = 96.0
_SHIRT_OUTLINE = parse_points(f"0,792 44,782 78,754 96,726 {_SHOULDER_OUTLINE_POINTS_TEXT} 0,1080")
_DEEP_NECK_OUTLINE = parse_points(f"0,884 40,826 74,760 92,724 {_SHOULDER_OUTLINE_POINTS_TEXT} 0,1080")
_OPEN_JACKET_OUTLINE = parse_points(f"20,1080 34,980 70,900 92,820 96,760 100,716 {_SHOULDER_OUTLINE_POINTS_TEXT}")
_COLLAR_RIB_LINE = parse_points("0,796 46,786 82,757 101,728")
_HOOD_FRONT_OUTLINE = parse_points("0,900 50,846 84,790 98,734 84,690 120,700 168,744 172,800 120,872 50,930")
_HOOD_BACK_OUTLINE = parse_points("0,650 80,660 140,700 176,760 160,830 0,860")
_COLLAR_FLAP_OUTLINE = parse_points("0,884 30,830 74,748 96,716 128,738 132,800 92,868 56,900")
_BLAZER_LAPEL_OUTLINE = parse_points(
    "24,1040 60,930 84,840 92,770 104,712 140,744 150,800 176,826 150,850 120,930 60,1020"
)
_CARDIGAN_BAND_LINE = parse_points("8,1080 24,1000 58,924 84,836 94,770 101,714")
_TURTLENECK_ROLL_OUTLINE = parse_points("0,700 60,694 88,680 95,730 108,780 50,812 0,818")
_TURTLENECK_FOLD_LINES = (
    parse_points("-120,712 -40,732 40,732 120,712"),
    parse_points("-120,750 -40,770 40,770 120,750"),
)


class ClothingSketch:
    """Clothes of a look: `outer` is the main layer, `inner` the layer below."""

    def __init__(self, sketch: SvgSketch, look: PresenterLook, outer: ClothColors, inner: ClothColors) -> None:
        self.sketch, self.look, self.outer, self.inner = sketch, look, outer, inner

    def fit_points_to_body(self, points: CurvePoints) -> list[CurvePoint]:
        """Return the points of clothes, with collars scaled to the neck's width, and shoulders to the build."""
        return [self._fit_point_to_build(point) for point in points]

    def _fit_point_to_build(self, point: CurvePoint) -> CurvePoint:
        x, y = point
        collar, beyond = min(abs(x), _MAX_COLLAR_X), max(0.0, abs(x) - _MAX_COLLAR_X)
        wide = collar * (0.3 + 0.7 * self.look.build.neck) + beyond * self.look.build.shoulders * 1.04
        return wide if x >= 0 else -wide, y

    def draw_shaded_garment(self, points: CurvePoints, cloth: ClothColors) -> None:
        """Draw a piece of clothing with light and shade; its outline is a closed curve through all points."""
        path = build_closed_svg_path(self.fit_points_to_body(points))
        lit = self.sketch.define_radial_gradient((-180, 800), 260, (cloth.light, 0.75), (cloth.light, 0.0))
        dim = self.sketch.define_horizontal_gradient((-40, 380), (cloth.shade, 0.0), (cloth.dark, 0.75))
        low = self.sketch.define_vertical_gradient((820, 1060), (cloth.dark, 0.0), (cloth.dark, 0.45))
        for fill in (cloth.plain, lit, dim, low):
            self.sketch.draw_shape(path, fill)

    def draw_mirrored_pieces(self, half: CurvePoints, fill: ClothColors, *, light: bool = False) -> None:
        """Draw a piece of clothing on the right side and its mirror image on the left, each with an edge."""
        for side in pair_points_with_mirror_image(half):
            path = build_closed_svg_path(self.fit_points_to_body(side))
            self.sketch.draw_shape(path, fill.light if light else fill.shade)
            self.sketch.draw_curve(path, fill.dark, 4.5, opacity=0.6)

    def draw_trim_band(self, points: CurvePoints, cloth: ClothColors, width: float) -> None:
        path = build_open_svg_path(self.fit_points_to_body(points))
        self.sketch.draw_curve(path, cloth.dark, width)
        self.sketch.draw_curve(path, cloth.shade, width * 0.74)


def _draw_tee(wear: ClothingSketch) -> None:
    wear.draw_shaded_garment(mirror_half_shape(_SHIRT_OUTLINE), wear.outer)
    wear.draw_trim_band(mirror_half_line(_COLLAR_RIB_LINE), wear.outer, 19)


def _draw_hoodie(wear: ClothingSketch) -> None:
    wear.draw_shaded_garment(mirror_half_shape(_DEEP_NECK_OUTLINE), wear.outer)
    wear.draw_mirrored_pieces(_HOOD_FRONT_OUTLINE, wear.outer)
    for side in (-1, 1):
        string = build_open_svg_path([(side * 40, 896), (side * 46, 950), (side * 42, 1010)])
        wear.sketch.draw_curve(string, wear.inner.light, 8)


def _draw_collared_shirt(wear: ClothingSketch) -> None:
    wear.draw_shaded_garment(mirror_half_shape(_DEEP_NECK_OUTLINE), wear.outer)
    wear.sketch.draw_curve(build_open_svg_path([(0, 880), (0, 1080)]), wear.outer.dark, 5, opacity=0.7)
    wear.draw_mirrored_pieces(_COLLAR_FLAP_OUTLINE, wear.outer, light=True)


def _draw_blazer(wear: ClothingSketch) -> None:
    _draw_shirt_and_open_layer(wear)
    wear.draw_mirrored_pieces(_BLAZER_LAPEL_OUTLINE, wear.outer)


def _draw_cardigan(wear: ClothingSketch) -> None:
    _draw_shirt_and_open_layer(wear)
    for side in pair_points_with_mirror_image(_CARDIGAN_BAND_LINE):
        wear.draw_trim_band(side, wear.outer, 26)


def _draw_shirt_and_open_layer(wear: ClothingSketch) -> None:
    """Draw a shirt, and an open layer such as a blazer over it."""
    wear.draw_shaded_garment(mirror_half_shape(_SHIRT_OUTLINE), wear.inner)
    wear.draw_trim_band(mirror_half_line(_COLLAR_RIB_LINE), wear.inner, 12)
    for side in pair_points_with_mirror_image(_OPEN_JACKET_OUTLINE):
        wear.draw_shaded_garment(side, wear.outer)


def _draw_turtleneck(wear: ClothingSketch) -> None:
    wear.draw_shaded_garment(mirror_half_shape(_SHIRT_OUTLINE), wear.outer)
    roll = mirror_half_shape(_TURTLENECK_ROLL_OUTLINE)
    wear.draw_shaded_garment(roll, wear.outer)
    with wear.sketch.clip_drawn_shapes(build_closed_svg_path(wear.fit_points_to_body(roll))):
        for fold in _TURTLENECK_FOLD_LINES:
            wear.sketch.draw_curve(build_open_svg_path(fold), wear.outer.dark, 6, opacity=0.5)
    wear.sketch.draw_curve(build_closed_svg_path(wear.fit_points_to_body(roll)), wear.outer.dark, 4, opacity=0.45)


_DRAW_FUNCTION_BY_CLOTHING_TOP: dict[str, Callable[[ClothingSketch], None]] = {
    "tee": _draw_tee,
    "hoodie": _draw_hoodie,
    "collar": _draw_collared_shirt,
    "blazer": _draw_blazer,
    "cardigan": _draw_cardigan,
    "turtleneck": _draw_turtleneck,
}


def draw_clothes(sketch: SvgSketch, look: PresenterLook, outer: ClothColors, inner: ClothColors) -> None:
    _DRAW_FUNCTION_BY_CLOTHING_TOP[look.top](ClothingSketch(sketch, look, outer, inner))


def draw_hood_behind_neck(sketch: SvgSketch, look: PresenterLook, outer: ClothColors) -> None:
    """Draw the part of a hood behind the neck, if the presenter wears a hoodie."""
    if look.top == "hoodie":
        sketch.draw_shape(build_closed_svg_path(mirror_half_shape(_HOOD_BACK_OUTLINE)), outer.dark)
