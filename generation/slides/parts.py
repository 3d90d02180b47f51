"""Parts of several slides: the header, pills, numbers."""

from typing import NamedTuple

from generation import paint
from generation.canvas import Canvas
from generation.color import RGB
from generation.slides import tile
from generation.slides.kit import LABEL_FONT_STYLE, TITLE_FONT_STYLE, SlideKit
from generation.spec import PieceCopy
from generation.text.fitting import TextBox, TypesetBlock
from generation.theme import BackgroundColors

#: Side of a header's tile, in pixels.
HEADER_TILE_SIDE_PX = 76
_PAGE_DOT_SIDE_PX = 12
_PAGE_DOT_STEP_PX = 25
#: Height of the button to the next slide, in pixels.
_NEXT_BUTTON_HEIGHT_PX = 100


def draw_slide_header(kit: SlideKit, canvas: Canvas, ground: BackgroundColors, page: int, pages: int) -> None:
    """Draw a slide's header: the brand's tile and name at the line start, and a dot for each of several slides."""
    top, offset = kit.frame.top, HEADER_TILE_SIDE_PX + 22
    tile.paste_tile_with_rim_if_needed(
        canvas.image,
        tile.draw_brand_tile(kit, ground, HEADER_TILE_SIDE_PX),
        (canvas.x_from_safe_zone_edge(0, HEADER_TILE_SIDE_PX), top),
        ground.text,
    )
    room = kit.safe_width - offset - HEADER_TILE_SIDE_PX - pages * _PAGE_DOT_STEP_PX
    name = kit.fit_text(kit.name, TextBox(room, HEADER_TILE_SIDE_PX, 1), LABEL_FONT_STYLE, (24, 38))
    middle = top + (HEADER_TILE_SIDE_PX - name.ascent_px) / 2
    canvas.draw_text_block("name", name, (canvas.x_from_safe_zone_edge(offset, room), middle), room, color=ground.text)
    if pages > 1:
        _draw_page_dots(canvas, ground, page, pages)


def _draw_page_dots(canvas: Canvas, ground: BackgroundColors, page: int, pages: int) -> None:
    first = canvas.frame.safe_width - pages * _PAGE_DOT_STEP_PX + (_PAGE_DOT_STEP_PX - _PAGE_DOT_SIDE_PX)
    for number in range(pages):
        place = (
            canvas.x_from_safe_zone_edge(first + number * _PAGE_DOT_STEP_PX, _PAGE_DOT_SIDE_PX),
            canvas.frame.top + (HEADER_TILE_SIDE_PX - _PAGE_DOT_SIDE_PX) // 2,
        )
        alpha = 255 if number == page else 85
        paint.fill_rounded_rectangle(
            canvas.image,
            place,
            (_PAGE_DOT_SIDE_PX, _PAGE_DOT_SIDE_PX),
            ground.text,
            radius=_PAGE_DOT_SIDE_PX / 2,
            alpha=alpha,
        )


def button_text_and_store_names(kit: SlideKit, copy: PieceCopy) -> tuple[str, list[str]]:
    """Return the text of the call-to-action button, and the remaining stores and website to show below it.

    A call to action of only the brand's name requests nothing: the first place replaces it, empty without one.
    """
    places = [line.text for line in copy.places]
    if kit.name.startswith(copy.call_to_action.text):
        return "".join(places[:1]), places[1:]
    return copy.call_to_action.text, places


def fit_pill_text(kit: SlideKit, text: str, size: int) -> tuple[TypesetBlock, paint.PixelSize]:
    """Return a button's text, fitted to a font size of at most `size`, and the button's width and height."""
    room = TextBox(kit.centered_column_width - 2 * size, size * 2.2, 1)
    block = kit.fit_text(text, room, LABEL_FONT_STYLE, (24, size), 1.0)
    return block, (round(block.width + size * 1.9), round(size * 2.3))


def draw_pill_button(
    kit: SlideKit, canvas: Canvas, text: str, *, center: tuple[float, float], colors: tuple[RGB, RGB], size: int
) -> None:
    """Draw a button with round ends around `center`, with a text in the second of `colors` on the first."""
    block, (width, height) = fit_pill_text(kit, text, size)
    place = (round(center[0] - width / 2), round(center[1] - height / 2))
    mask = paint.rounded_rectangle_mask((width, height), height / 2)
    paint.draw_mask_shadow(canvas.image, place, mask, blur=28, down=12, alpha=60)
    canvas.image.paste(colors[0], place, mask)
    top = center[1] - block.ascent_px / 2
    canvas.draw_text_block(
        "pill", block, (center[0] - block.width / 2, top), block.width, color=colors[1], align="middle"
    )


class NextSlideButton(NamedTuple):
    """Button to the next slide at the lower end: an arrow, with an optional label before it."""

    word: TypesetBlock | None

    @property
    def width(self) -> int:
        return _NEXT_BUTTON_HEIGHT_PX + (round(self.word.width) + 24 if self.word else 0)

    def draw_on_canvas(self, canvas: Canvas, ground: BackgroundColors, *, edge: int = 0) -> None:
        """Draw the button to the next slide; `edge` is the width of a rim that separates it from a screenshot below."""
        side, width, frame = _NEXT_BUTTON_HEIGHT_PX, self.width, canvas.frame
        place = (canvas.x_from_safe_zone_edge(frame.safe_width - width, width), frame.bottom - side)
        mask = paint.rounded_rectangle_mask((width, side), side / 2)
        paint.draw_mask_shadow(canvas.image, place, mask, blur=30, down=10, alpha=80)
        if edge:
            around, size = (place[0] - edge, place[1] - edge), (width + 2 * edge, side + 2 * edge)
            paint.fill_rounded_rectangle(canvas.image, around, size, ground.tints[0], radius=size[1] / 2)
        canvas.image.paste(ground.text, place, mask)
        if self.word:
            left = place[0] + (width - 40 - self.word.width if canvas.right_to_left else 40)
            at = (left, place[1] + (side - self.word.ascent_px) / 2)
            canvas.draw_text_block("onward", self.word, at, self.word.width, color=ground.tints[0])
        arrow = paint.arrow_mask(52, left=canvas.right_to_left)
        inner = (side - arrow.width) // 2
        left = place[0] + inner if canvas.right_to_left else place[0] + width - inner - arrow.width
        canvas.image.paste(ground.tints[0], (round(left), place[1] + inner), arrow)


def fit_next_slide_button(kit: SlideKit, label: str) -> NextSlideButton:
    room = TextBox(kit.safe_width - _NEXT_BUTTON_HEIGHT_PX - 64, _NEXT_BUTTON_HEIGHT_PX, 1)
    return NextSlideButton(kit.fit_text(label, room, LABEL_FONT_STYLE, (24, 36), 1.0) if label else None)


def draw_number_badge(
    kit: SlideKit, canvas: Canvas, number: int, *, place: tuple[int, int], side: int, colors: tuple[RGB, RGB]
) -> None:
    """Draw a badge: a number in the second of `colors` on a rounded square of the first."""
    paint.fill_rounded_rectangle(canvas.image, place, (side, side), colors[0], radius=side * 0.32)
    block = kit.fit_text(str(number), TextBox(side * 0.8, side, 1), TITLE_FONT_STYLE, (16, round(side * 0.56)))
    canvas.draw_text_block(
        "number", block, (place[0], place[1] + (side - block.ascent_px) / 2), side, color=colors[1], align="middle"
    )
