"""Slide of a point: its number, its words, and a device where there are screenshots."""

from generation.canvas import Canvas
from generation.slides import devices, parts
from generation.slides.below import fill_below
from generation.slides.kit import TITLE, Kit
from generation.text.fitting import Box
from generation.theme import Ground

_BADGE = 84
_NUMBER, _ABOVE = 330, 40


def point(kit: Kit, text: str, number: int, pages: int) -> Canvas:
    ground = (kit.theme.light, kit.theme.dark)[(number - 1) % 2]
    canvas = kit.canvas(ground, number)
    parts.header(kit, canvas, ground, number, pages)
    lay = _beside_device if kit.screenshots else _alone
    lay(kit, canvas, ground, text, number)
    return canvas


def _beside_device(kit: Kit, canvas: Canvas, ground: Ground, text: str, number: int) -> None:
    place = (canvas.start(0, _BADGE), kit.body)
    parts.badge(kit, canvas, number, place=place, side=_BADGE, colors=(ground.accent, ground.tints[0]))
    said = kit.fit(text, Box(kit.column, 270, 5), TITLE, (34, 88), 1.08)
    place = (kit.frame.left, kit.body + _BADGE + 34)
    bottom = canvas.set("point", said, place, kit.column, color=ground.text)
    devices.put(canvas, [devices.one(kit, canvas, round(bottom) + 64, number)])


def _alone(kit: Kit, canvas: Canvas, ground: Ground, text: str, number: int) -> None:
    """A large number above, the words at the foot: what is between them is meant to be empty."""
    fill_below(kit, canvas, ground, number)
    large = kit.fit(str(number), Box(kit.column, _NUMBER, 1), TITLE, (100, _NUMBER))
    place = (kit.frame.left, kit.body + _ABOVE)
    room = kit.frame.bottom - canvas.set("number", large, place, kit.column, color=ground.accent) - _ABOVE
    said = kit.fit(text, Box(kit.column, min(600, room), 6), TITLE, (46, 128), 1.05)
    top = kit.frame.bottom - said.height
    canvas.set("point", said, (kit.frame.left, top), kit.column, color=ground.text)
