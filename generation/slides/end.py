"""Last slide: the app at a glance, and the call to action."""

from generation import paint
from generation.canvas import Canvas
from generation.slides import parts, tile
from generation.slides.below import fill_below
from generation.slides.byline import byline
from generation.slides.kit import BODY, LABEL, TITLE, Kit
from generation.spec import Copy
from generation.text.fitting import Block, TextBox

#: Side of the icon, in pixels.
_ICON_SIDE = 270
_BUTTON_HEIGHT = 110
#: Room for the line at the bottom, in pixels.
_FOOT_HEIGHT = 60
#: Gap below the icon, below the name, and above the button, in pixels.
_BELOW_ICON, _BELOW_NAME, _ABOVE_BUTTON = 58, 34, 70
#: Minimum side of the icon next to a presenter, in pixels.
_MIN_ICON_SIDE = 110
#: Gap above the places, in pixels.
_ABOVE_PLACES = 24
#: Gap below the button, in pixels.
_BELOW_BUTTON = 40


def end(kit: Kit, copy: Copy, page: int) -> Canvas:
    """Center the content above the bottom line; a long text shrinks the icon, then drops the tagline."""
    canvas = kit.canvas(kit.theme.vivid, page)
    if kit.screenshots:
        fill_below(kit, canvas, kit.theme.vivid, 1)
    button, places = parts.button_text(kit, copy)
    blocks, foot = lines(kit, copy), _foot(kit, canvas, copy, places)
    below = (_ABOVE_BUTTON + _BUTTON_HEIGHT) * bool(button)
    room = foot - kit.frame.top - below
    if _high(blocks) + _MIN_ICON_SIDE > room:
        blocks.pop("tagline", None)
    icon = round(min(_ICON_SIDE, max(_MIN_ICON_SIDE, room - _high(blocks))))
    y = (kit.frame.top + foot - _high(blocks) - below - icon) / 2
    _icon(kit, canvas, round(y), icon)
    y = _set(kit, canvas, blocks, y + icon + _BELOW_ICON)
    if button:
        _button(kit, canvas, button, y + _ABOVE_BUTTON)
    return canvas


def _high(blocks: dict[str, Block]) -> float:
    """Return the height of the lines, with the gaps above and between them."""
    return sum(block.height for block in blocks.values()) + _BELOW_ICON + _BELOW_NAME * (len(blocks) - 1)


def _foot(kit: Kit, canvas: Canvas, copy: Copy, places: list[str]) -> int:
    """Draw the places, and the byline above them. Return the lowest y for the rest."""
    if places:
        _places(kit, canvas, " · ".join(places))
    foot = kit.frame.bottom - _FOOT_HEIGHT
    if (signature := byline(kit, copy)) is None:
        return foot
    top = foot - signature.height - (_ABOVE_PLACES if places else -_FOOT_HEIGHT)
    signature.put(canvas, kit.theme.vivid, top, middle=True)
    return top - _BELOW_BUTTON


def _button(kit: Kit, canvas: Canvas, text: str, top: float) -> None:
    ground, center = kit.theme.vivid, (canvas.width / 2, top + _BUTTON_HEIGHT / 2)
    parts.pill(kit, canvas, text, center=center, colors=(ground.text, ground.tints[0]), size=48)


def lines(kit: Kit, copy: Copy) -> dict[str, Block]:
    """Fit the name, and the tagline if there is one."""
    blocks = {"app": kit.fit(kit.name, TextBox(kit.middle, 240, 3), TITLE, (40, 136), 1.0)}
    if copy.tagline:
        blocks["tagline"] = kit.fit(copy.tagline.text, TextBox(kit.middle - 60, 210, 3), BODY, (32, 54), 1.22)
    return blocks


def _icon(kit: Kit, canvas: Canvas, top: int, side: int) -> None:
    icon = tile.tile(kit, kit.theme.vivid, side)
    place = ((canvas.width - side) // 2, top)
    paint.shadow(canvas.image, place, icon.getchannel("A"), blur=50, down=26, alpha=90)
    tile.draw(canvas.image, icon, place, kit.theme.vivid.text)


def _set(kit: Kit, canvas: Canvas, lines: dict[str, Block], y: float) -> float:
    """Draw the lines. Return the y of the last line's bottom."""
    for name, block in lines.items():
        color = kit.theme.vivid.text
        bottom = canvas.set(name, block, (kit.frame.inset, y), kit.middle, color=color, align="middle")
        y = bottom + _BELOW_NAME
    return y - _BELOW_NAME


def _places(kit: Kit, canvas: Canvas, text: str) -> None:
    block = kit.fit(text, TextBox(kit.middle, 50, 1), LABEL, (24, 36))
    place = (kit.frame.inset, kit.frame.bottom - block.height)
    canvas.set("place", block, place, kit.middle, color=kit.theme.vivid.text, align="middle")
