"""Parts of several slides: the header, pills, numbers."""

from generation import paint
from generation.slides.kit import LABEL_FONT_STYLE, SlideKit
from generation.spec import PieceCopy
from generation.text.fitting import TextBox, TypesetBlock

#: Side of a header's tile, in pixels.
HEADER_TILE_SIDE_PX = 76


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
