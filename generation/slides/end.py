"""Last slide: the app at a glance, and the call to action."""

from generation import paint
from generation.canvas import Canvas
from generation.slides import parts, tile
from generation.slides.below import fill_area_below_texts
from generation.slides.byline import build_presenter_byline
from generation.slides.kit import BODY_FONT_STYLE, LABEL_FONT_STYLE, TITLE_FONT_STYLE, SlideKit
from generation.spec import PieceCopy
from generation.text.fitting import TextBox, TypesetBlock

#: Side of the icon, in pixels.
_MAX_END_SLIDE_ICON_PX = 270
_SLIDE_BUTTON_HEIGHT_PX = 110
#: Room for the line at the bottom, in pixels.
_FOOT_LINE_HEIGHT_PX = 60
_GAP_BELOW_ICON_PX = 58
_GAP_BELOW_NAME_PX = 34
_GAP_ABOVE_BUTTON_PX = 70
#: Minimum side of the icon next to a presenter, in pixels.
_MIN_END_SLIDE_ICON_PX = 110
#: Gap above the places, in pixels.
_GAP_ABOVE_STORES_LINE_PX = 24
#: Gap below the button, in pixels.
_GAP_BELOW_BUTTON_PX = 40


def draw_end_slide(kit: SlideKit, copy: PieceCopy, page: int) -> Canvas:
    """Return the last slide of a slideshow, with its icon, name, tagline and button centered above the bottom line.

    A long text shrinks the icon, then drops the tagline.
    """
    canvas = kit.create_canvas(kit.theme.vivid, page)
    if kit.screenshots:
        fill_area_below_texts(kit, canvas, kit.theme.vivid, 1)
    button, places = parts.button_text_and_store_names(kit, copy)
    blocks, foot = fit_end_name_and_tagline(kit, copy), _draw_foot_lines(kit, canvas, copy, places)
    below = (_GAP_ABOVE_BUTTON_PX + _SLIDE_BUTTON_HEIGHT_PX) * bool(button)
    room = foot - kit.frame.top - below
    if _sum_end_text_heights(blocks) + _MIN_END_SLIDE_ICON_PX > room:
        blocks.pop("tagline", None)
    icon = round(min(_MAX_END_SLIDE_ICON_PX, max(_MIN_END_SLIDE_ICON_PX, room - _sum_end_text_heights(blocks))))
    y = (kit.frame.top + foot - _sum_end_text_heights(blocks) - below - icon) / 2
    _draw_slide_icon(kit, canvas, round(y), icon)
    y = _draw_end_slide_name_tagline(kit, canvas, blocks, y + icon + _GAP_BELOW_ICON_PX)
    if button:
        _draw_end_slide_button(kit, canvas, button, y + _GAP_ABOVE_BUTTON_PX)
    return canvas


def _sum_end_text_heights(blocks: dict[str, TypesetBlock]) -> float:
    """Return the height in pixels of the last slide's lines, with the gaps above and between them."""
    return sum(block.height for block in blocks.values()) + _GAP_BELOW_ICON_PX + _GAP_BELOW_NAME_PX * (len(blocks) - 1)


def _draw_foot_lines(kit: SlideKit, canvas: Canvas, copy: PieceCopy, places: list[str]) -> int:
    """Draw the last slide's stores and website, and the presenter's byline above. Return the y where the rest ends."""
    if places:
        _draw_stores_and_site_line(kit, canvas, " · ".join(places))
    foot = kit.frame.bottom - _FOOT_LINE_HEIGHT_PX
    if (signature := build_presenter_byline(kit, copy)) is None:
        return foot
    top = foot - signature.height - (_GAP_ABOVE_STORES_LINE_PX if places else -_FOOT_LINE_HEIGHT_PX)
    signature.draw_on_canvas(canvas, kit.theme.vivid, top, middle=True)
    return top - _GAP_BELOW_BUTTON_PX


def _draw_end_slide_button(kit: SlideKit, canvas: Canvas, text: str, top: float) -> None:
    ground, center = kit.theme.vivid, (canvas.width / 2, top + _SLIDE_BUTTON_HEIGHT_PX / 2)
    parts.draw_pill_button(kit, canvas, text, center=center, colors=(ground.text, ground.tints[0]), size=48)


def fit_end_name_and_tagline(kit: SlideKit, copy: PieceCopy) -> dict[str, TypesetBlock]:
    """Return the last slide's fitted text blocks: `app`, the brand's name, and `tagline` if there is one."""
    blocks = {
        "app": kit.fit_text(kit.name, TextBox(kit.centered_column_width, 240, 3), TITLE_FONT_STYLE, (40, 136), 1.0)
    }
    if copy.tagline:
        blocks["tagline"] = kit.fit_text(
            copy.tagline.text, TextBox(kit.centered_column_width - 60, 210, 3), BODY_FONT_STYLE, (32, 54), 1.22
        )
    return blocks


def _draw_slide_icon(kit: SlideKit, canvas: Canvas, top: int, side: int) -> None:
    icon = tile.draw_brand_tile(kit, kit.theme.vivid, side)
    place = ((canvas.width - side) // 2, top)
    paint.draw_mask_shadow(canvas.image, place, icon.getchannel("A"), blur=50, down=26, alpha=90)
    tile.paste_tile_with_rim_if_needed(canvas.image, icon, place, kit.theme.vivid.text)


def _draw_end_slide_name_tagline(kit: SlideKit, canvas: Canvas, lines: dict[str, TypesetBlock], y: float) -> float:
    """Draw the last slide's name and tagline from `y` on. Return the y of the last line's bottom."""
    for name, block in lines.items():
        color = kit.theme.vivid.text
        bottom = canvas.draw_text_block(
            name, block, (kit.frame.text_inset, y), kit.centered_column_width, color=color, align="middle"
        )
        y = bottom + _GAP_BELOW_NAME_PX
    return y - _GAP_BELOW_NAME_PX


def _draw_stores_and_site_line(kit: SlideKit, canvas: Canvas, text: str) -> None:
    block = kit.fit_text(text, TextBox(kit.centered_column_width, 50, 1), LABEL_FONT_STYLE, (24, 36))
    place = (kit.frame.text_inset, kit.frame.bottom - block.height)
    canvas.draw_text_block("place", block, place, kit.centered_column_width, color=kit.theme.vivid.text, align="middle")
