"""Part of a slide below its texts: the brand's icon lies there, or a device."""

from PIL import Image

from generation import paint
from generation.canvas import Canvas
from generation.slides import devices, tile
from generation.slides.kit import Kit
from generation.theme import Ground

#: Room below the texts from which on it is filled, from the texts to what fills it, and the icon's side.
_LEAST, _ABOVE, _ICON = 400, 90, 540
_LEAN = 8
#: Side of an icon that looks in from below, the share of it that is seen, and what texts keep from it.
_PEEKING, _SEEN, _APART = 500, 0.7, 60


def fill_below(kit: Kit, canvas: Canvas, ground: Ground, number: int) -> None:
    """The number decides on which side it stands, so that slides alternate."""
    if canvas.height - canvas.frame.bottom < _LEAST:
        return
    top = canvas.frame.bottom + _ABOVE
    if kit.screenshots:
        devices.put(canvas, [devices.one(kit, canvas, top, number)])
        return
    made, across = _leaning(kit, canvas, ground, _ICON, number)
    paint.put(canvas.image, made, (across, top), blur=52, down=34, alpha=105)


def look_in(kit: Kit, canvas: Canvas, ground: Ground, number: int) -> int:
    """The icon, cut off by the lower edge unless the picture is tall; the y that texts may reach."""
    if canvas.height - canvas.frame.bottom >= _LEAST:
        fill_below(kit, canvas, ground, number)
        return canvas.frame.bottom
    made, across = _leaning(kit, canvas, ground, _PEEKING, number)
    top = canvas.height - round(made.height * _SEEN)
    paint.put(canvas.image, made, (across, top), blur=52, down=34, alpha=105)
    return top - _APART


def _leaning(kit: Kit, canvas: Canvas, ground: Ground, side: int, number: int) -> tuple[Image.Image, int]:
    """The icon on the side of this number, and its left."""
    way = -1 if number % 2 else 1
    made = paint.turned(tile.tile(kit, ground, 2 * side), _LEAN * way)
    offset = canvas.frame.left if way > 0 else canvas.width - canvas.frame.left - made.width
    return made, canvas.aside(offset, made.width)
