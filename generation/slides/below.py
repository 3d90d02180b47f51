"""Part of a tall slide below its texts: the brand's icon lies there, or a device."""

from generation import paint
from generation.canvas import Canvas
from generation.slides import devices, tile
from generation.slides.kit import Kit
from generation.theme import Ground

#: Room below the texts from which on it is filled, from the texts to what fills it, and the icon's side.
_LEAST, _ABOVE, _ICON = 400, 90, 540
_LEAN = 8


def fill_below(kit: Kit, canvas: Canvas, ground: Ground, number: int) -> None:
    """The number decides on which side it stands, so that slides alternate."""
    if canvas.height - canvas.frame.bottom < _LEAST:
        return
    top = canvas.frame.bottom + _ABOVE
    if kit.screenshots:
        devices.put(canvas, [devices.one(kit, canvas, top, number)])
        return
    way = -1 if number % 2 else 1
    made = paint.turned(tile.tile(kit, ground, 2 * _ICON), _LEAN * way)
    offset = canvas.frame.left if way > 0 else canvas.width - canvas.frame.left - made.width
    paint.put(canvas.image, made, (canvas.aside(offset, made.width), top), blur=52, down=34, alpha=105)
