"""Area of a slide below its texts, filled with the brand's icon or a device."""

from PIL import Image

from generation import paint
from generation.canvas import Canvas
from generation.slides import devices, tile
from generation.slides.kit import SlideKit
from generation.theme import BackgroundColors

#: Minimum height of the area to fill it, in pixels.
_MIN_AREA_HEIGHT_TO_FILL_PX = 400
#: Gap below the texts, in pixels.
_GAP_BELOW_TEXTS_PX = 90
_ICON_BELOW_TEXTS_SIDE_PX = 540
_ICON_TILT_DEGREES = 8
#: Side of an icon at the bottom edge, in pixels.
_PEEKING_ICON_SIDE_PX = 500
#: Its visible share.
_PEEKING_ICON_VISIBLE_SHARE = 0.7
#: Its distance to texts, in pixels.
_PEEKING_ICON_TEXT_GAP_PX = 60


def fill_area_below_texts(kit: SlideKit, canvas: Canvas, ground: BackgroundColors, number: int) -> None:
    """Draw a device with a screenshot below a slide's texts; without screenshots, the brand's tilted icon.

    The slide's number alternates the side. An area lower than 400 pixels stays empty.
    """
    if canvas.height - canvas.frame.bottom < _MIN_AREA_HEIGHT_TO_FILL_PX:
        return
    top = canvas.frame.bottom + _GAP_BELOW_TEXTS_PX
    if kit.screenshots:
        devices.paste_device_mockups(canvas, [devices.place_point_device_mockup(kit, canvas, top, number)])
        return
    icon, across = _build_tilted_icon_sprite(kit, canvas, ground, _ICON_BELOW_TEXTS_SIDE_PX, number)
    paint.draw_sprite_with_shadow(canvas.image, icon, (across, top), blur=52, down=34, alpha=105)


def draw_peeking_icon(kit: SlideKit, canvas: Canvas, ground: BackgroundColors, number: int) -> int:
    """Draw the brand's tilted icon, cropped by the bottom edge. Return the lowest y for texts above it.

    In a tall picture, fill the area below the safe zone instead, and return the zone's bottom.
    """
    if canvas.height - canvas.frame.bottom >= _MIN_AREA_HEIGHT_TO_FILL_PX:
        fill_area_below_texts(kit, canvas, ground, number)
        return canvas.frame.bottom
    icon, across = _build_tilted_icon_sprite(kit, canvas, ground, _PEEKING_ICON_SIDE_PX, number)
    top = canvas.height - round(icon.height * _PEEKING_ICON_VISIBLE_SHARE)
    paint.draw_sprite_with_shadow(canvas.image, icon, (across, top), blur=52, down=34, alpha=105)
    return top - _PEEKING_ICON_TEXT_GAP_PX


def _build_tilted_icon_sprite(
    kit: SlideKit, canvas: Canvas, ground: BackgroundColors, side: int, number: int
) -> tuple[Image.Image, int]:
    """Return the brand's tilted icon and the x of its left edge; the slide's number alternates the side."""
    way = -1 if number % 2 else 1
    icon = paint.rotate_and_halve_sprite(tile.draw_brand_tile(kit, ground, 2 * side), _ICON_TILT_DEGREES * way)
    offset = canvas.frame.left if way > 0 else canvas.width - canvas.frame.left - icon.width
    return icon, canvas.x_from_picture_edge(offset, icon.width)
