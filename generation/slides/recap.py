"""Slide before the last one: all points in a list, to save."""

from generation import paint
from generation.canvas import Canvas
from generation.slides import parts
from generation.slides.below import fill_below
from generation.slides.kit import LABEL, TITLE, Kit
from generation.spec import Copy
from generation.text.fitting import Block, TextBox
from generation.theme import Ground

#: Minimum points for a list on its own slide.
LEAST_POINTS = 3
_ROW, _GAP, _INSET, _LARGEST = 236, 22, 38, 52


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
