"""Slides of the points: one each, and a recap to save with all of them in a list."""

from generation import paint
from generation.canvas import Canvas
from generation.slides import devices, parts
from generation.slides.below import draw_peeking_icon, fill_area_below_texts
from generation.slides.kit import LABEL_FONT_STYLE, TITLE_FONT_STYLE, SlideKit
from generation.spec import PieceCopy
from generation.text.fitting import TextBox, TypesetBlock
from generation.theme import BackgroundColors

#: Minimum points for a list on its own slide.
MIN_RECAP_POINTS = 3
_MAX_RECAP_ROW_HEIGHT_PX = 236
_RECAP_ROW_GAP_PX = 22
_RECAP_ROW_INSET_PX = 38
_MAX_RECAP_FONT_SIZE_PX = 52
_POINT_BADGE_PX = 84
_GAP_BELOW_BADGE_PX = 34
_MAX_POINT_TEXT_HEIGHT_PX = 270
_MAX_POINT_NUMBER_HEIGHT_PX = 330
_GAP_AROUND_NUMBER_PX = 40


def draw_recap_slide(kit: SlideKit, copy: PieceCopy, page: int, pages: int) -> Canvas:
    ground = (kit.theme.light, kit.theme.dark)[(page - 1) % 2]
    canvas = kit.create_canvas(ground, page)
    fill_area_below_texts(kit, canvas, ground, page)
    parts.draw_slide_header(kit, canvas, ground, page, pages)
    title = kit.fit_text(copy.recap.text, TextBox(kit.safe_width, 210, 2), TITLE_FONT_STYLE, (44, 100), 1.04)
    place = (kit.frame.left, kit.body_top_y + 10)
    top = canvas.draw_text_block("recap", title, place, kit.safe_width, color=ground.text) + 44
    bottom = _draw_save_label(kit, canvas, ground, copy.labels.save)
    row = min(_MAX_RECAP_ROW_HEIGHT_PX, (bottom - top) / len(copy.points))
    height = round(row) - _RECAP_ROW_GAP_PX
    size = min(_fit_recap_item(kit, line.text, height, _MAX_RECAP_FONT_SIZE_PX).size for line in copy.points)
    for number, line in enumerate(copy.points, 1):
        block = _fit_recap_item(kit, line.text, height, size)
        _draw_recap_item(kit, canvas, ground, block, number, row=(round(top + (number - 1) * row), height))
    return canvas


def _fit_recap_item(kit: SlideKit, text: str, height: int, largest: int) -> TypesetBlock:
    room = kit.safe_width - _recap_row_words_x_px(height) - _RECAP_ROW_INSET_PX
    return kit.fit_text(text, TextBox(room, height - 32, 3), LABEL_FONT_STYLE, (min(26, largest), largest), 1.16)


def _recap_row_words_x_px(height: int) -> int:
    """Return the offset in pixels of the words in a recap's row from the row's start."""
    return _RECAP_ROW_INSET_PX + _recap_badge_size_px(height) + 30


def _recap_badge_size_px(height: int) -> int:
    return min(96, height - 40)


def _draw_save_label(kit: SlideKit, canvas: Canvas, ground: BackgroundColors, label: str) -> float:
    """Draw the label to save the post, if the language has it, below a recap's list. Return the list's lowest y."""
    if not label:
        return kit.frame.bottom + _RECAP_ROW_GAP_PX
    block = kit.fit_text(label, TextBox(kit.safe_width, 60, 1), LABEL_FONT_STYLE, (24, 36))
    top = kit.frame.bottom - block.height
    canvas.draw_text_block("save", block, (kit.frame.left, top), kit.safe_width, color=ground.muted, align="middle")
    return top - 40 + _RECAP_ROW_GAP_PX


def _draw_recap_item(
    kit: SlideKit, canvas: Canvas, ground: BackgroundColors, block: TypesetBlock, number: int, *, row: tuple[int, int]
) -> None:
    top, height = row
    alpha = 22 if ground.is_dark else 190
    place = (kit.frame.left, top)
    paint.fill_rounded_rectangle(canvas.image, place, (kit.safe_width, height), (255, 255, 255), radius=40, alpha=alpha)
    side = _recap_badge_size_px(height)
    place = (canvas.x_from_safe_zone_edge(_RECAP_ROW_INSET_PX, side), top + (height - side) // 2)
    parts.draw_number_badge(kit, canvas, number, place=place, side=side, colors=(ground.accent, ground.tints[0]))
    room = kit.safe_width - _recap_row_words_x_px(height) - _RECAP_ROW_INSET_PX
    middle = top + (height - block.height) / 2 + 2
    start = canvas.x_from_safe_zone_edge(_recap_row_words_x_px(height), room)
    canvas.draw_text_block("item", block, (start, middle), room, color=ground.text)


def draw_point_slide(kit: SlideKit, text: str, number: int, pages: int, *, is_only: bool = False) -> Canvas:
    """Return the slide of one point. Its number decides colors and sides; a single point shows no number."""
    ground = (kit.theme.light, kit.theme.dark)[(number - 1) % 2]
    canvas = kit.create_canvas(ground, number)
    parts.draw_slide_header(kit, canvas, ground, number, pages)
    if kit.screenshots:
        _draw_point_slide_with_device(kit, canvas, ground, text, number, is_only=is_only)
    else:
        lay = _draw_point_and_icon if is_only else _draw_point_with_number
        lay(kit, canvas, ground, text, number)
    return canvas


def _draw_point_slide_with_device(
    kit: SlideKit, canvas: Canvas, ground: BackgroundColors, text: str, number: int, *, is_only: bool
) -> None:
    above = 0 if is_only else _POINT_BADGE_PX + _GAP_BELOW_BADGE_PX
    if not is_only:
        place = (canvas.x_from_safe_zone_edge(0, _POINT_BADGE_PX), kit.body_top_y)
        parts.draw_number_badge(
            kit, canvas, number, place=place, side=_POINT_BADGE_PX, colors=(ground.accent, ground.tints[0])
        )
    block = kit.fit_text(text, TextBox(kit.safe_width, _MAX_POINT_TEXT_HEIGHT_PX, 5), TITLE_FONT_STYLE, (34, 88), 1.08)
    bottom = canvas.draw_text_block(
        "point", block, (kit.frame.left, kit.body_top_y + above), kit.safe_width, color=ground.text
    )
    devices.paste_device_mockups(canvas, [devices.place_point_device_mockup(kit, canvas, round(bottom) + 64, number)])


def _draw_point_and_icon(kit: SlideKit, canvas: Canvas, ground: BackgroundColors, text: str, number: int) -> None:
    """Draw a slideshow's only point: its words at the hook's place, and the brand's icon at the bottom edge."""
    room = draw_peeking_icon(kit, canvas, ground, number) - kit.body_top_y
    block = kit.fit_text(text, TextBox(kit.safe_width, room, 6), TITLE_FONT_STYLE, (46, 140), 1.05)
    canvas.draw_text_block("point", block, (kit.frame.left, kit.body_top_y), kit.safe_width, color=ground.text)


def _draw_point_with_number(kit: SlideKit, canvas: Canvas, ground: BackgroundColors, text: str, number: int) -> None:
    """Draw a point of a slideshow: a large number at the top, its words at the bottom, and empty space between."""
    fill_area_below_texts(kit, canvas, ground, number)
    large = kit.fit_text(
        str(number),
        TextBox(kit.safe_width, _MAX_POINT_NUMBER_HEIGHT_PX, 1),
        TITLE_FONT_STYLE,
        (100, _MAX_POINT_NUMBER_HEIGHT_PX),
    )
    place = (kit.frame.left, kit.body_top_y + _GAP_AROUND_NUMBER_PX)
    room = (
        kit.frame.bottom
        - canvas.draw_text_block("number", large, place, kit.safe_width, color=ground.accent)
        - _GAP_AROUND_NUMBER_PX
    )
    block = kit.fit_text(text, TextBox(kit.safe_width, min(600, room), 6), TITLE_FONT_STYLE, (46, 128), 1.05)
    top = kit.frame.bottom - block.height
    canvas.draw_text_block("point", block, (kit.frame.left, top), kit.safe_width, color=ground.text)
