"""Plain look: a photo, a headline and the brand's name, for texts that fit no look and hosts without the engine."""

from collections.abc import Sequence

from PIL import Image

from generation import paint
from generation.canvas import Canvas
from generation.color import RGB
from generation.looks.filling import SlideContent
from generation.slides.kit import BODY_FONT_STYLE, LABEL_FONT_STYLE, TITLE_FONT_STYLE, SlideKit
from generation.text.fitting import TextBox

#: Share of a slide's height that its photo takes.
_PHOTO_HEIGHT_SHARE = 0.4
#: Height of the name's line and of each line at the foot, in pixels.
_LABEL_HEIGHT_PX = 64
_GAP_PX = 40
#: Share of the free height that a headline takes above items.
_HEADLINE_SHARE_ABOVE_ITEMS = 0.35
#: Share of a row's height that an item's text takes.
_ITEM_SHARE_OF_ROW = 0.8
_HEADLINE_FONT_SIZES_PX = (26, 150)
_BODY_FONT_SIZES_PX = (24, 52)
_LABEL_FONT_SIZES_PX = (22, 38)
#: Slots at the foot of a slide, lowest last.
_FOOT_SLOTS = ("presenter", "call", "site")


def measure_plain_photo(kit: SlideKit) -> tuple[int, int]:
    """Return the size of a slide's photo, in pixels."""
    return kit.frame.width, round(kit.frame.height * _PHOTO_HEIGHT_SHARE)


def draw_plain_slide(kit: SlideKit, content: SlideContent, photo: Image.Image | None, number: int) -> Canvas:
    """Draw a slide in the plain look; a text that is too long ends with an ellipsis. Raises `UndrawableTextRefused`."""
    ground = (kit.theme.vivid, kit.theme.light, kit.theme.dark)[number % 3]
    canvas = kit.create_canvas_on_image(Image.new("RGB", kit.frame.size, ground.tints[0]))
    top: float = kit.frame.top
    if photo:
        size = measure_plain_photo(kit)
        canvas.image.paste(paint.scale_and_crop_picture_to_size(photo, size), (0, 0))
        top = max(top, size[1] + _GAP_PX)
    headline = content.texts.get("headline", "")
    labels = [("name", kit.name)] if headline else []
    top = _draw_lines(kit, canvas, labels, top, color=ground.text)
    feet = [(slot, content.texts[slot]) for slot in _FOOT_SLOTS if content.texts.get(slot)]
    bottom = kit.frame.bottom - len(feet) * _LABEL_HEIGHT_PX
    _draw_lines(kit, canvas, feet, bottom, color=ground.text)
    free = bottom - _GAP_PX - top
    room = free * _HEADLINE_SHARE_ABOVE_ITEMS if content.items else free
    block = kit.fit_text(
        headline or kit.name, TextBox(kit.safe_width, room, 8), TITLE_FONT_STYLE, _HEADLINE_FONT_SIZES_PX
    )
    slot = "headline" if headline else "name"
    top = canvas.draw_text_block(slot, block, (kit.frame.left, top), kit.safe_width, color=ground.text) + _GAP_PX
    for place, item in enumerate(content.items):
        step = (bottom - top) / (len(content.items) - place)
        box = TextBox(kit.safe_width, step * _ITEM_SHARE_OF_ROW, 2)
        body = kit.fit_text(item, box, BODY_FONT_STYLE, _BODY_FONT_SIZES_PX)
        canvas.draw_text_block("item", body, (kit.frame.left, top), kit.safe_width, color=ground.text)
        top += step
    return canvas


def _draw_lines(kit: SlideKit, canvas: Canvas, lines: Sequence[tuple[str, str]], top: float, *, color: RGB) -> float:
    """Draw single lines below each other, each with its slot; return the y below them."""
    for slot, text in lines:
        block = kit.fit_text(text, TextBox(kit.safe_width, _LABEL_HEIGHT_PX, 1), LABEL_FONT_STYLE, _LABEL_FONT_SIZES_PX)
        canvas.draw_text_block(slot, block, (kit.frame.left, top), kit.safe_width, color=color)
        top += _LABEL_HEIGHT_PX
    return top
