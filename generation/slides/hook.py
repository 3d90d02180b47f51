"""First slide: the hook, as large as it fits, on the brand's own colour."""

import re

from PIL import Image

from generation import paint
from generation.canvas import Canvas
from generation.slides import devices, parts, tile
from generation.slides.byline import byline
from generation.slides.kit import TITLE, Kit
from generation.spec import Copy
from generation.text.fitting import Block, TextBox

#: Share of the picture below the header that a hook above devices may fill.
_WITH_DEVICES = 0.407
#: Room that a hook leaves for the button, in pixels.
_BUTTON_ROOM = 150
#: Room that a hook leaves for the button with an icon, in pixels.
_ICON_ROOM = 270
_SIZES = (54, 150)
#: Width in pixels of the button's edge over devices.
_EDGE = 9
#: Icon's side as a share of the picture's height.
_ICON_SHARE = 0.28
#: Its minimum side, in pixels.
_MIN_ICON_SIDE = 180
#: Its margin, in pixels.
_ICON_MARGIN = 84
#: Gap from the hook to an icon above the button, in pixels.
_GAP_ABOVE_BUTTON = 60
#: Gap from the hook to an icon at the button's side, in pixels.
_GAP_NEXT_TO_BUTTON = 40
#: The icon's overlap with the margin, in pixels.
_MARGIN_OVERLAP = 24
#: Maximum height or width of a tilted icon, in sides of the upright one: 1.13 at 8 degrees.
_TURNED = 1.2
#: Gap from the hook to the byline, in pixels.
_BYLINE = 44
#: Minimum share of the font size that a hook keeps if each sentence gets its own line.
_APART = 0.84
_SENTENCE = re.compile(r"(?<=[.!?…:])\s+(?=\S)")


def hook(kit: Kit, copy: Copy, pages: int) -> Canvas:
    """Draw the first slide of a slideshow, with a prompt to swipe."""
    return _titled(kit, copy, pages, copy.labels.swipe)


def image(kit: Kit, copy: Copy) -> Canvas:
    """Draw the only slide of a piece, with a call to action."""
    return _titled(kit, copy, 1, parts.button_text(kit, copy)[0])


def _titled(kit: Kit, copy: Copy, pages: int, label: str) -> Canvas:
    ground = kit.theme.vivid
    canvas = kit.canvas(ground, 0)
    parts.header(kit, canvas, ground, 0, pages)
    onward = parts.next_button(kit, label)
    presented = byline(kit, copy)
    headline = fit_title(kit, copy.hook.text, room(kit, _BYLINE + presented.height if presented else 0))
    below = kit.body + round(headline.height)
    if presented:
        presented.put(canvas, ground, below + _BYLINE)
        below += _BYLINE + presented.height
    if not kit.screenshots:
        _lean_icon(kit, canvas, below, onward.width)
    canvas.set("hook", headline, (kit.frame.left, kit.body), kit.column, color=ground.text)
    if kit.screenshots:
        devices.draw(canvas, devices.hook_devices(kit, canvas, below + 70))
    onward.put(canvas, ground, edge=_EDGE if kit.screenshots else 0)
    return canvas


def room(kit: Kit, reserved: int = 0) -> TextBox:
    """Return the room for a hook below the header, minus `reserved` pixels and the parts below the hook."""
    high = kit.frame.bottom - kit.body - reserved
    if not kit.screenshots:
        return TextBox(kit.column, high - _ICON_ROOM, 7)
    return TextBox(kit.column, min(high - _BUTTON_ROOM, _WITH_DEVICES * (kit.frame.height - kit.body)), 5)


def fit_title(kit: Kit, text: str, box: TextBox) -> Block:
    """Fit a hook with one line for each sentence, if that costs little font size."""
    whole = kit.fit(text, box, TITLE, _SIZES, 1.02)
    apart = kit.fit(_SENTENCE.sub("\n", text), box, TITLE, _SIZES, 1.02)
    return apart if apart.size >= _APART * whole.size else whole


def _lean_icon(kit: Kit, canvas: Canvas, top: int, button: int) -> None:
    """Draw the brand's icon, large and tilted, above the button or at its side, if the hook leaves room."""
    foot = canvas.height - _ICON_MARGIN + _MARGIN_OVERLAP
    above = foot - _MARGIN_OVERLAP - _BUTTON_ROOM - (top + _GAP_ABOVE_BUTTON)
    beside = min(foot - top - _GAP_NEXT_TO_BUTTON, kit.column - button) / _TURNED
    side = min(round(_ICON_SHARE * canvas.height), max(above, int(beside)))
    if side < _MIN_ICON_SIDE:
        return
    icon = paint.rotate_and_halve(_icon(kit, 2 * side), -8 if canvas.right_to_left else 8)
    if foot - icon.height < kit.frame.bottom and icon.width + button > kit.column:
        foot = kit.frame.bottom - _BUTTON_ROOM + _MARGIN_OVERLAP
    place = (canvas.from_edge(_ICON_MARGIN - 10, icon.width), foot - icon.height)
    paint.draw_sprite(canvas.image, icon, place, blur=52, down=34, alpha=105)


def _icon(kit: Kit, side: int) -> Image.Image:
    """Return the brand's tile, with a rim inside of that side if it is too similar to the ground."""
    vivid = kit.theme.vivid
    icon, _ = tile.add_rim(tile.tile(kit, vivid, side), vivid.tints[0], vivid.text)
    return icon.resize((side, side), Image.Resampling.LANCZOS)
