"""Area of a slide below its texts, filled with the brand's icon or a device."""

from PIL import Image

from generation import paint
from generation.canvas import Canvas
from generation.slides import devices, tile
from generation.slides.kit import Kit
from generation.theme import Ground

#: Minimum height of the area to fill it, in pixels.
_MIN_HEIGHT = 400
#: Gap below the texts, in pixels.
_GAP_ABOVE = 90
_ICON_SIDE = 540
_LEAN = 8
#: Side of an icon at the bottom edge, in pixels.
_PEEKING_SIDE = 500
#: Its visible share.
_VISIBLE_SHARE = 0.7
#: Its distance to texts, in pixels.
_TEXT_GAP = 60


def fill_below(kit: Kit, canvas: Canvas, ground: Ground, number: int) -> None:
    """Fill the area if it is high enough; the slide's number alternates the side."""
    if canvas.height - canvas.frame.bottom < _MIN_HEIGHT:
        return
    top = canvas.frame.bottom + _GAP_ABOVE
    if kit.screenshots:
        devices.draw(canvas, [devices.point_device(kit, canvas, top, number)])
        return
    icon, across = _tilted_icon(kit, canvas, ground, _ICON_SIDE, number)
    paint.draw_sprite(canvas.image, icon, (across, top), blur=52, down=34, alpha=105)


def draw_peeking_icon(kit: Kit, canvas: Canvas, ground: Ground, number: int) -> int:
    """Draw the icon, cropped by the bottom edge unless the picture is tall. Return the lowest y for texts."""
    if canvas.height - canvas.frame.bottom >= _MIN_HEIGHT:
        fill_below(kit, canvas, ground, number)
        return canvas.frame.bottom
    icon, across = _tilted_icon(kit, canvas, ground, _PEEKING_SIDE, number)
    top = canvas.height - round(icon.height * _VISIBLE_SHARE)
    paint.draw_sprite(canvas.image, icon, (across, top), blur=52, down=34, alpha=105)
    return top - _TEXT_GAP


def _tilted_icon(kit: Kit, canvas: Canvas, ground: Ground, side: int, number: int) -> tuple[Image.Image, int]:
    """Return the tilted icon and its left edge, on the side for this number."""
    way = -1 if number % 2 else 1
    icon = paint.rotate_and_halve(tile.tile(kit, ground, 2 * side), _LEAN * way)
    offset = canvas.frame.left if way > 0 else canvas.width - canvas.frame.left - icon.width
    return icon, canvas.from_edge(offset, icon.width)
