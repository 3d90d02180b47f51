"""Devices: screenshots in a phone, or wide ones on a card, upright or tilted."""

from collections.abc import Iterator
from typing import NamedTuple

from PIL import Image

from generation import paint
from generation.canvas import Canvas
from generation.slides.kit import SlideKit

#: Aspect ratios of a phone's screen: wider or narrower screenshots are cropped.
_MIN_PHONE_SCREEN_ASPECT = 0.45
_MAX_PHONE_SCREEN_ASPECT = 0.62
_PHONE_RIM_COLOR, _PHONE_RIM_LIGHT_COLOR, _PHONE_BEZEL_COLOR = (38, 38, 44, 255), (92, 92, 102, 255), (8, 8, 11, 255)
#: Minimum height of a phone, in pixels.
MIN_PHONE_HEIGHT_PX = 1240
#: Overlap with the picture's bottom edge, in pixels.
_PHONE_OVERHANG_BELOW_PICTURE_PX = 40
#: Margin of a card at its sides and below, in pixels.
_SCREENSHOT_CARD_MARGIN_PX = 84


def is_wide_screenshot(screenshot: Image.Image) -> bool:
    return screenshot.width > screenshot.height


def render_phone_mockup(screenshot: Image.Image, height: int) -> Image.Image:
    """Return the picture of a phone that shows a screenshot from its top down. `height` is the phone's."""
    shape = min(_MAX_PHONE_SCREEN_ASPECT, max(_MIN_PHONE_SCREEN_ASPECT, screenshot.width / screenshot.height))
    bezel = max(8, round(height * 0.0135))
    screen = (round((height - 2 * bezel) * shape), height - 2 * bezel)
    width = screen[0] + 2 * bezel
    radius, edge = width * 0.145, max(2, bezel // 3)
    device = Image.new("RGBA", (width, height))
    for inset, color in (
        (0, _PHONE_RIM_LIGHT_COLOR),
        (max(1, edge // 2), _PHONE_RIM_COLOR),
        (edge, _PHONE_BEZEL_COLOR),
    ):
        size = (width - 2 * inset, height - 2 * inset)
        device.paste(color, (inset, inset), paint.rounded_rectangle_mask(size, radius - inset))
    screen_image = paint.scale_and_crop_picture_to_size(screenshot, screen, top=True)
    device.paste(screen_image, (bezel, bezel), paint.rounded_rectangle_mask(screen, radius - bezel))
    return device


def crop_screenshot_to_card(screenshot: Image.Image, width: int) -> Image.Image:
    """Return a wide screenshot as a card with round corners, cropped to a shape from 4:3 to 2:1."""
    size = (width, round(width * min(0.75, max(0.5, screenshot.height / screenshot.width))))
    device = Image.new("RGBA", size)
    screen_image = paint.scale_and_crop_picture_to_size(screenshot, size, top=True)
    device.paste(screen_image, (0, 0), paint.rounded_rectangle_mask(size, width * 0.034))
    return device


class PlacedDeviceMockup(NamedTuple):
    """A device and its left top."""

    picture: Image.Image
    place: paint.PixelSize


def _phone_height(canvas: Canvas, top: int) -> int:
    """Return the height of a phone that begins at `top` and extends beyond the picture's bottom edge."""
    return max(MIN_PHONE_HEIGHT_PX, canvas.height - top + _PHONE_OVERHANG_BELOW_PICTURE_PX)


def _place_screenshot_card(canvas: Canvas, screenshot: Image.Image, top: int) -> PlacedDeviceMockup:
    """Return a wide screenshot's card, placed in the area below `top`, a little above the area's middle."""
    device = crop_screenshot_to_card(screenshot, canvas.width - 2 * _SCREENSHOT_CARD_MARGIN_PX)
    spare = max(0, canvas.height - _SCREENSHOT_CARD_MARGIN_PX - top - device.height)
    return PlacedDeviceMockup(device, (_SCREENSHOT_CARD_MARGIN_PX, top + spare * 2 // 5))


def place_hook_device_mockups(kit: SlideKit, canvas: Canvas, top: int) -> Iterator[PlacedDeviceMockup]:
    """Yield the devices of a hook: a card for a wide screenshot, else one or two tilted phones, the front one last.

    The phones extend beyond the bottom edge.
    """
    first, *rest = kit.screenshots
    if is_wide_screenshot(first):
        yield _place_screenshot_card(canvas, first, top)
        return
    way, high = -1 if canvas.right_to_left else 1, _phone_height(canvas, top)
    if rest and not is_wide_screenshot(rest[0]):
        behind = paint.rotate_and_halve_sprite(render_phone_mockup(rest[0], 2 * high), -9 * way)
        offset = round(canvas.width * 0.54)
        yield PlacedDeviceMockup(behind, (canvas.x_from_picture_edge(offset, behind.width), top + 110))
    front = paint.rotate_and_halve_sprite(render_phone_mockup(first, 2 * high), 6 * way)
    offset = round(canvas.width * 0.09) if rest else (canvas.width - front.width) // 2
    yield PlacedDeviceMockup(front, (canvas.x_from_picture_edge(offset, front.width), top))


def place_point_device_mockup(kit: SlideKit, canvas: Canvas, top: int, number: int) -> PlacedDeviceMockup:
    """Return the device of a point: a card for a wide screenshot, else a phone down to the bottom edge.

    Every other phone is tilted.
    """
    screenshot = kit.screenshots[(number - 1) % len(kit.screenshots)]
    if is_wide_screenshot(screenshot):
        return _place_screenshot_card(canvas, screenshot, top)
    lean = (0, 5, 0, -5)[(number - 1) % 4]
    high = _phone_height(canvas, top)
    device = (
        paint.rotate_and_halve_sprite(render_phone_mockup(screenshot, 2 * high), lean)
        if lean
        else render_phone_mockup(screenshot, high)
    )
    return PlacedDeviceMockup(device, ((canvas.width - device.width) // 2, top))
