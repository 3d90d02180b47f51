"""Slide of a point: its number, its words, and a device if there are screenshots."""

from generation.canvas import Canvas
from generation.slides import devices, parts
from generation.slides.below import draw_peeking_icon, fill_below
from generation.slides.kit import TITLE, Kit
from generation.text.fitting import TextBox
from generation.theme import Ground

_BADGE, _BELOW_BADGE, _WORDS = 84, 34, 270
_NUMBER, _ABOVE = 330, 40


def point(kit: Kit, text: str, number: int, pages: int, *, is_only: bool = False) -> Canvas:
    """Draw the slide. Its number decides grounds and sides; a single point shows no number."""
    ground = (kit.theme.light, kit.theme.dark)[(number - 1) % 2]
    canvas = kit.canvas(ground, number)
    parts.header(kit, canvas, ground, number, pages)
    if kit.screenshots:
        _beside_device(kit, canvas, ground, text, number, is_only=is_only)
    else:
        lay = _only if is_only else _numbered
        lay(kit, canvas, ground, text, number)
    return canvas


def _beside_device(
    kit: Kit, canvas: Canvas, ground: Ground, text: str, number: int, *, is_only: bool
) -> None:
    above = 0 if is_only else _BADGE + _BELOW_BADGE
    if not is_only:
        place = (canvas.start(0, _BADGE), kit.body)
        parts.badge(kit, canvas, number, place=place, side=_BADGE, colors=(ground.accent, ground.tints[0]))
    block = kit.fit(text, TextBox(kit.column, _WORDS, 5), TITLE, (34, 88), 1.08)
    bottom = canvas.set("point", block, (kit.frame.left, kit.body + above), kit.column, color=ground.text)
    devices.draw(canvas, [devices.point_device(kit, canvas, round(bottom) + 64, number)])


def _only(kit: Kit, canvas: Canvas, ground: Ground, text: str, number: int) -> None:
    """Draw the words in the hook's place, and the icon at the bottom edge."""
    room = draw_peeking_icon(kit, canvas, ground, number) - kit.body
    block = kit.fit(text, TextBox(kit.column, room, 6), TITLE, (46, 140), 1.05)
    canvas.set("point", block, (kit.frame.left, kit.body), kit.column, color=ground.text)


def _numbered(kit: Kit, canvas: Canvas, ground: Ground, text: str, number: int) -> None:
    """Draw a large number at the top and the words at the bottom; the space between stays empty."""
    fill_below(kit, canvas, ground, number)
    large = kit.fit(str(number), TextBox(kit.column, _NUMBER, 1), TITLE, (100, _NUMBER))
    place = (kit.frame.left, kit.body + _ABOVE)
    room = kit.frame.bottom - canvas.set("number", large, place, kit.column, color=ground.accent) - _ABOVE
    block = kit.fit(text, TextBox(kit.column, min(600, room), 6), TITLE, (46, 128), 1.05)
    top = kit.frame.bottom - block.height
    canvas.set("point", block, (kit.frame.left, top), kit.column, color=ground.text)
