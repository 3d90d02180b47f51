"""First slide: the hook, as large as it fits, on the brand's own colour."""

import re

from PIL import Image

from generation import paint
from generation.canvas import Canvas
from generation.slides import devices, parts, tile
from generation.slides.byline import build_presenter_byline
from generation.slides.kit import TITLE_FONT_STYLE, SlideKit
from generation.spec import PieceCopy
from generation.text.fitting import TextBox, TypesetBlock

#: Share of the picture below the header that a hook above devices may fill.
_MAX_HOOK_HEIGHT_SHARE = 0.407
#: Room that a hook leaves for the button, in pixels.
_HOOK_BUTTON_ROOM_PX = 150
#: Room that a hook leaves for the button with an icon, in pixels.
_HOOK_BUTTON_AND_ICON_ROOM_PX = 270
_HOOK_FONT_SIZES_PX = (54, 150)
#: Width in pixels of the button's edge over devices.
_HOOK_BUTTON_RIM_WIDTH_PX = 9
#: Icon's side as a share of the picture's height.
_MAX_HOOK_ICON_HEIGHT_SHARE = 0.28
#: Its minimum side, in pixels.
_MIN_HOOK_ICON_SIDE_PX = 180
#: Its margin, in pixels.
_HOOK_ICON_MARGIN_PX = 84
#: Gap from the hook to an icon above the button, in pixels.
_HOOK_TO_ICON_ABOVE_BUTTON_GAP_PX = 60
#: Gap from the hook to an icon at the button's side, in pixels.
_HOOK_TO_ICON_BESIDE_BUTTON_GAP_PX = 40
#: The icon's overlap with the margin, in pixels.
_ICON_MARGIN_OVERLAP_PX = 24
#: Maximum height or width of a tilted icon, in sides of the upright one: 1.13 at 8 degrees.
_TILTED_TO_UPRIGHT_ICON_SIZE_RATIO = 1.2
#: Gap from the hook to the byline, in pixels.
HOOK_BYLINE_GAP_PX = 44
#: Minimum share of the font size that a hook keeps if each sentence gets its own line.
_MIN_SENTENCE_PER_LINE_FONT_SIZE_SHARE = 0.84
_SENTENCE_GAP_PATTERN = re.compile(r"(?<=[.!?…:])\s+(?=\S)")


def draw_hook_slide(kit: SlideKit, copy: PieceCopy, pages: int) -> Canvas:
    """Draw the first slide of a slideshow: its hook, with a prompt to swipe."""
    return _draw_title_slide(kit, copy, pages, copy.labels.swipe)


def draw_single_image(kit: SlideKit, copy: PieceCopy) -> Canvas:
    """Draw the only picture of a single-image piece: its hook, with a call to action."""
    return _draw_title_slide(kit, copy, 1, parts.button_text_and_store_names(kit, copy)[0])


def _draw_title_slide(kit: SlideKit, copy: PieceCopy, pages: int, label: str) -> Canvas:
    ground = kit.theme.vivid
    canvas = kit.create_canvas(ground, 0)
    parts.draw_slide_header(kit, canvas, ground, 0, pages)
    onward = parts.fit_next_slide_button(kit, label)
    presented = build_presenter_byline(kit, copy)
    headline = fit_hook_title(
        kit, copy.hook.text, compute_hook_text_box(kit, HOOK_BYLINE_GAP_PX + presented.height if presented else 0)
    )
    below = kit.body_top_y + round(headline.height)
    if presented:
        presented.draw_on_canvas(canvas, ground, below + HOOK_BYLINE_GAP_PX)
        below += HOOK_BYLINE_GAP_PX + presented.height
    if not kit.screenshots:
        _draw_tilted_hook_icon(kit, canvas, below, onward.width)
    canvas.draw_text_block("hook", headline, (kit.frame.left, kit.body_top_y), kit.safe_width, color=ground.text)
    if kit.screenshots:
        devices.paste_device_mockups(canvas, devices.place_hook_device_mockups(kit, canvas, below + 70))
    onward.draw_on_canvas(canvas, ground, edge=_HOOK_BUTTON_RIM_WIDTH_PX if kit.screenshots else 0)
    return canvas


def compute_hook_text_box(kit: SlideKit, reserved: int = 0) -> TextBox:
    """Return the box for a hook's text below the header, less the button, icon or devices and `reserved` pixels."""
    high = kit.frame.bottom - kit.body_top_y - reserved
    if not kit.screenshots:
        return TextBox(kit.safe_width, high - _HOOK_BUTTON_AND_ICON_ROOM_PX, 7)
    return TextBox(
        kit.safe_width,
        min(high - _HOOK_BUTTON_ROOM_PX, _MAX_HOOK_HEIGHT_SHARE * (kit.frame.height - kit.body_top_y)),
        5,
    )


def fit_hook_title(kit: SlideKit, text: str, box: TextBox) -> TypesetBlock:
    """Return a hook fitted into a box, with a line for each sentence if that costs at most 16 % of the font size."""
    whole = kit.fit_text(text, box, TITLE_FONT_STYLE, _HOOK_FONT_SIZES_PX, 1.02)
    apart = kit.fit_text(_SENTENCE_GAP_PATTERN.sub("\n", text), box, TITLE_FONT_STYLE, _HOOK_FONT_SIZES_PX, 1.02)
    return apart if apart.size >= _MIN_SENTENCE_PER_LINE_FONT_SIZE_SHARE * whole.size else whole


def _draw_tilted_hook_icon(kit: SlideKit, canvas: Canvas, top: int, button: int) -> None:
    """Draw the brand's icon, large and tilted, above the button or at its side, if the hook leaves room."""
    foot = canvas.height - _HOOK_ICON_MARGIN_PX + _ICON_MARGIN_OVERLAP_PX
    above = foot - _ICON_MARGIN_OVERLAP_PX - _HOOK_BUTTON_ROOM_PX - (top + _HOOK_TO_ICON_ABOVE_BUTTON_GAP_PX)
    beside = (
        min(foot - top - _HOOK_TO_ICON_BESIDE_BUTTON_GAP_PX, kit.safe_width - button)
        / _TILTED_TO_UPRIGHT_ICON_SIZE_RATIO
    )
    side = min(round(_MAX_HOOK_ICON_HEIGHT_SHARE * canvas.height), max(above, int(beside)))
    if side < _MIN_HOOK_ICON_SIDE_PX:
        return
    icon = paint.rotate_and_halve_sprite(_build_hook_icon(kit, 2 * side), -8 if canvas.right_to_left else 8)
    if foot - icon.height < kit.frame.bottom and icon.width + button > kit.safe_width:
        foot = kit.frame.bottom - _HOOK_BUTTON_ROOM_PX + _ICON_MARGIN_OVERLAP_PX
    place = (canvas.x_from_picture_edge(_HOOK_ICON_MARGIN_PX - 10, icon.width), foot - icon.height)
    paint.draw_sprite_with_shadow(canvas.image, icon, place, blur=52, down=34, alpha=105)


def _build_hook_icon(kit: SlideKit, side: int) -> Image.Image:
    """Return the brand's icon with this side, with a rim inside of it if it is too similar to the ground."""
    vivid = kit.theme.vivid
    icon, _ = tile.add_icon_rim_if_needed(tile.draw_brand_tile(kit, vivid, side), vivid.tints[0], vivid.text)
    return icon.resize((side, side), Image.Resampling.LANCZOS)
