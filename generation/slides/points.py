"""Slides of the points: one each, and a recap to save with all of them in a list."""

from generation import paint
from generation.canvas import Canvas
from generation.slides import devices, parts
from generation.slides.below import draw_peeking_icon, fill_below
from generation.slides.kit import LABEL, TITLE, Kit
from generation.spec import Copy
from generation.text.fitting import Block, TextBox
from generation.theme import Ground

#: Minimum points for a list on its own slide.
LEAST_POINTS = 3
_ROW, _GAP, _INSET, _LARGEST = 236, 22, 38, 52
_BADGE, _BELOW_BADGE, _WORDS = 84, 34, 270
_NUMBER, _ABOVE = 330, 40


def recap(kit: Kit, copy: Copy, page: int, pages: int) -> Canvas:
    ground = (kit.theme.light, kit.theme.dark)[(page - 1) % 2]
    canvas = kit.canvas(ground, page)
    fill_below(kit, canvas, ground, page)
    parts.header(kit, canvas, ground, page, pages)
    title = kit.fit(copy.recap.text, TextBox(kit.column, 210, 2), TITLE, (44, 100), 1.04)
    place = (kit.frame.left, kit.body + 10)
    top = canvas.set("recap", title, place, kit.column, color=ground.text) + 44
    bottom = _foot(kit, canvas, ground, copy.labels.save)
    row = min(_ROW, (bottom - top) / len(copy.points))
    height = round(row) - _GAP
    size = min(_said(kit, line.text, height, _LARGEST).size for line in copy.points)
    for number, line in enumerate(copy.points, 1):
        block = _said(kit, line.text, height, size)
        _item(kit, canvas, ground, block, number, row=(round(top + (number - 1) * row), height))
    return canvas


def _said(kit: Kit, text: str, height: int, largest: int) -> Block:
    room = kit.column - _offset(height) - _INSET
    return kit.fit(text, TextBox(room, height - 32, 3), LABEL, (min(26, largest), largest), 1.16)


def _offset(height: int) -> int:
    """Return the offset of a row's words from its start."""
    return _INSET + _badge(height) + 30


def _badge(height: int) -> int:
    return min(96, height - 40)


def _foot(kit: Kit, canvas: Canvas, ground: Ground, label: str) -> float:
    """Draw the label below the list, if the language has one. Return the lowest y for the list."""
    if not label:
        return kit.frame.bottom + _GAP
    block = kit.fit(label, TextBox(kit.column, 60, 1), LABEL, (24, 36))
    top = kit.frame.bottom - block.height
    canvas.set("save", block, (kit.frame.left, top), kit.column, color=ground.muted, align="middle")
    return top - 40 + _GAP


def _item(
    kit: Kit, canvas: Canvas, ground: Ground, block: Block, number: int, *, row: tuple[int, int]
) -> None:
    top, height = row
    alpha = 22 if ground.is_dark else 190
    place = (kit.frame.left, top)
    paint.fill(canvas.image, place, (kit.column, height), (255, 255, 255), radius=40, alpha=alpha)
    side = _badge(height)
    place = (canvas.start(_INSET, side), top + (height - side) // 2)
    parts.badge(kit, canvas, number, place=place, side=side, colors=(ground.accent, ground.tints[0]))
    room = kit.column - _offset(height) - _INSET
    middle = top + (height - block.height) / 2 + 2
    start = canvas.start(_offset(height), room)
    canvas.set("item", block, (start, middle), room, color=ground.text)


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
