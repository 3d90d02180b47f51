"""Hair: behind the head, on it, over the shoulders, and of a beard."""

from generation.portraits.curves import Points, closed, curls, opened
from generation.portraits.head import Head
from generation.portraits.looks import Look
from generation.portraits.sketch import Sketch
from generation.portraits.styles import STYLES
from generation.portraits.tones import Hair, Skin


def draw_behind(sketch: Sketch, look: Look, shape: Head, hair: Hair) -> None:
    style = STYLES[look.style]
    if not style.back:
        return
    fill = sketch.down((150, 760), (hair.shade, 1.0), (hair.dark, 1.0))
    sketch.shape(shape.path(style.back), fill)
    if style.rims and style.bumps:
        sketch.shape(curls(shape.all(style.rims[0]), style.bumps, look.seed), fill)


def draw_over(sketch: Sketch, look: Look, shape: Head, hair: Hair) -> None:
    """Hair that falls over the shoulders, in front of the clothes."""
    style = STYLES[look.style]
    for number, points in enumerate(style.over):
        path = shape.path(points)
        sketch.shape(path, sketch.down((380, 900), (hair.plain, 1.0), (hair.shade, 1.0)))
        side = 1 if number == 0 else -1
        with sketch.within(path):
            for share in (0.25, 0.55, 0.85):
                x = side * (146 + 70 * share)
                sketch.line(
                    opened([(x - side * 8, 400), (x, 560), (x - side * 6, 720), (x, 940)]),
                    hair.dark,
                    4,
                    opacity=0.3,
                )


def draw_front(sketch: Sketch, look: Look, shape: Head, hair: Hair, skin: Skin) -> None:
    style = STYLES[look.style]
    if not style.front:
        return
    path = shape.path(style.front)
    lower = shape.path([(x, y + 14) for x, y in style.front])
    with sketch.within(shape.face):
        sketch.shape(lower, skin.dark, opacity=0.5)
    fill = sketch.down((160, 460), (hair.plain, 1.0), (hair.plain, 1.0), (hair.shade, 1.0))
    paths = [path]
    if style.rims and style.bumps:
        paths += [
            curls(shape.all(rim), style.bumps * 0.72, f"{look.seed}{number}")
            for number, rim in enumerate(style.rims)
        ][1 if style.back else 0 :]
    for one in paths:
        sketch.shape(one, fill)
    with sketch.within(*paths):
        _shine(sketch, shape, hair, style.strands)


def _shine(sketch: Sketch, shape: Head, hair: Hair, strands: tuple[Points, ...]) -> None:
    glow = sketch.around((-50, 230), 150, (hair.light, 0.85), (hair.light, 0.0))
    sketch.shape(closed([(-220, 80), (120, 80), (120, 400), (-220, 400)]), glow)
    shade = sketch.across((40, 190), (hair.dark, 0.0), (hair.dark, 0.7))
    sketch.shape(closed([(30, 80), (260, 80), (260, 560), (30, 560)]), shade)
    for number, points in enumerate(strands):
        color, seen = (hair.light, 0.7) if number % 2 == 0 else (hair.dark, 0.5)
        sketch.line(opened(shape.all(points)), color, 5.0, opacity=seen)
