"""Clothes in a brand's colors."""

from collections.abc import Callable

from generation.portraits.curves import Point, Points, both, closed, mirrored, mirrored_line, opened, points
from generation.portraits.looks import Look
from generation.portraits.sketch import Sketch
from generation.portraits.tones import Cloth

#: Outline from the collar to the shoulder and down to the picture's edge. A smaller x belongs to the collar.
_SLEEVE = "172,756 262,784 326,834 360,920 378,1080"
_COLLAR = 96.0
_BODY = points(f"0,792 44,782 78,754 96,726 {_SLEEVE} 0,1080")
_DEEP = points(f"0,884 40,826 74,760 92,724 {_SLEEVE} 0,1080")
_JACKET = points(f"20,1080 34,980 70,900 92,820 96,760 100,716 {_SLEEVE}")
_RIB = points("0,796 46,786 82,757 101,728")
_HOOD = points("0,900 50,846 84,790 98,734 84,690 120,700 168,744 172,800 120,872 50,930")
_BEHIND = points("0,650 80,660 140,700 176,760 160,830 0,860")
_FLAP = points("0,884 30,830 74,748 96,716 128,738 132,800 92,868 56,900")
_LAPEL = points("24,1040 60,930 84,840 92,770 104,712 140,744 150,800 176,826 150,850 120,930 60,1020")
_BAND = points("8,1080 24,1000 58,924 84,836 94,770 101,714")
_ROLL = points("0,700 60,694 88,680 95,730 108,780 50,812 0,818")
_FOLDS = (points("-120,712 -40,732 40,732 120,712"), points("-120,750 -40,770 40,770 120,750"))


class Clothing:
    """Clothes of a look: `outer` is the main layer, `inner` the layer below."""

    def __init__(self, sketch: Sketch, look: Look, outer: Cloth, inner: Cloth) -> None:
        self.sketch, self.look, self.outer, self.inner = sketch, look, outer, inner

    def fit(self, points: Points) -> list[Point]:
        """Scale collars to the neck, and shoulders to the build."""
        return [self._fit(point) for point in points]

    def _fit(self, point: Point) -> Point:
        x, y = point
        collar, beyond = min(abs(x), _COLLAR), max(0.0, abs(x) - _COLLAR)
        wide = collar * (0.3 + 0.7 * self.look.build.neck) + beyond * self.look.build.shoulders * 1.04
        return wide if x >= 0 else -wide, y

    def panel(self, points: Points, cloth: Cloth) -> None:
        """Draw a piece of cloth with light and shade from all points of its outline."""
        path = closed(self.fit(points))
        lit = self.sketch.around((-180, 800), 260, (cloth.light, 0.75), (cloth.light, 0.0))
        dim = self.sketch.across((-40, 380), (cloth.shade, 0.0), (cloth.dark, 0.75))
        low = self.sketch.down((820, 1060), (cloth.dark, 0.0), (cloth.dark, 0.45))
        for fill in (cloth.plain, lit, dim, low):
            self.sketch.shape(path, fill)

    def pieces(self, half: Points, fill: Cloth, *, light: bool = False) -> None:
        """Draw a piece on both sides, with an edge."""
        for side in both(half):
            path = closed(self.fit(side))
            self.sketch.shape(path, fill.light if light else fill.shade)
            self.sketch.line(path, fill.dark, 4.5, opacity=0.6)

    def seam(self, points: Points, cloth: Cloth, width: float) -> None:
        path = opened(self.fit(points))
        self.sketch.line(path, cloth.dark, width)
        self.sketch.line(path, cloth.shade, width * 0.74)


def _tee(wear: Clothing) -> None:
    wear.panel(mirrored(_BODY), wear.outer)
    wear.seam(mirrored_line(_RIB), wear.outer, 19)


def _hoodie(wear: Clothing) -> None:
    wear.panel(mirrored(_DEEP), wear.outer)
    wear.pieces(_HOOD, wear.outer)
    for side in (-1, 1):
        string = opened([(side * 40, 896), (side * 46, 950), (side * 42, 1010)])
        wear.sketch.line(string, wear.inner.light, 8)


def _collar(wear: Clothing) -> None:
    wear.panel(mirrored(_DEEP), wear.outer)
    wear.sketch.line(opened([(0, 880), (0, 1080)]), wear.outer.dark, 5, opacity=0.7)
    wear.pieces(_FLAP, wear.outer, light=True)


def _blazer(wear: Clothing) -> None:
    _under(wear)
    wear.pieces(_LAPEL, wear.outer)


def _cardigan(wear: Clothing) -> None:
    _under(wear)
    for side in both(_BAND):
        wear.seam(side, wear.outer, 26)


def _under(wear: Clothing) -> None:
    """Draw a shirt under an open layer."""
    wear.panel(mirrored(_BODY), wear.inner)
    wear.seam(mirrored_line(_RIB), wear.inner, 12)
    for side in both(_JACKET):
        wear.panel(side, wear.outer)


def _turtleneck(wear: Clothing) -> None:
    wear.panel(mirrored(_BODY), wear.outer)
    roll = mirrored(_ROLL)
    wear.panel(roll, wear.outer)
    with wear.sketch.within(closed(wear.fit(roll))):
        for fold in _FOLDS:
            wear.sketch.line(opened(fold), wear.outer.dark, 6, opacity=0.5)
    wear.sketch.line(closed(wear.fit(roll)), wear.outer.dark, 4, opacity=0.45)


_TOPS: dict[str, Callable[[Clothing], None]] = {
    "tee": _tee,
    "hoodie": _hoodie,
    "collar": _collar,
    "blazer": _blazer,
    "cardigan": _cardigan,
    "turtleneck": _turtleneck,
}


def draw_clothes(sketch: Sketch, look: Look, outer: Cloth, inner: Cloth) -> None:
    _TOPS[look.top](Clothing(sketch, look, outer, inner))


def draw_hood(sketch: Sketch, look: Look, outer: Cloth) -> None:
    """Draw the part of a hood behind the neck."""
    if look.top == "hoodie":
        sketch.shape(closed(mirrored(_BEHIND)), outer.dark)
