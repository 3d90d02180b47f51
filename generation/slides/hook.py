"""First slide: the hook, as large as it fits, on the brand's own colour."""

import re

from generation.slides.kit import TITLE_FONT_STYLE, SlideKit
from generation.text.fitting import TextBox, TypesetBlock

#: Share of the picture below the header that a hook above devices may fill.
_MAX_HOOK_HEIGHT_SHARE = 0.407
#: Room that a hook leaves for the button, in pixels.
_HOOK_BUTTON_ROOM_PX = 150
#: Room that a hook leaves for the button with an icon, in pixels.
_HOOK_BUTTON_AND_ICON_ROOM_PX = 270
_HOOK_FONT_SIZES_PX = (54, 150)
#: Gap from the hook to the byline, in pixels.
HOOK_BYLINE_GAP_PX = 44
#: Minimum share of the font size that a hook keeps if each sentence gets its own line.
_MIN_SENTENCE_PER_LINE_FONT_SIZE_SHARE = 0.84
_SENTENCE_GAP_PATTERN = re.compile(r"(?<=[.!?…:])\s+(?=\S)")


def compute_hook_text_box(kit: SlideKit, reserved: int = 0) -> TextBox:
    """Return the box for a hook's text below the header, less the button, icon or devices and `reserved` pixels."""
    high = kit.frame.bottom - kit.body_top_y - reserved
    if not kit.screenshots:
        return TextBox(kit.safe_width, high - _HOOK_BUTTON_AND_ICON_ROOM_PX, 7)
    return TextBox(
        kit.safe_width,
        min(high - _HOOK_BUTTON_ROOM_PX, _MAX_HOOK_HEIGHT_SHARE * (kit.frame.height - kit.body_top_y)),
        5,
    )


def fit_hook_title(kit: SlideKit, text: str, box: TextBox) -> TypesetBlock:
    """Return a hook fitted into a box, with a line for each sentence if that costs at most 16 % of the font size."""
    whole = kit.fit_text(text, box, TITLE_FONT_STYLE, _HOOK_FONT_SIZES_PX, 1.02)
    apart = kit.fit_text(_SENTENCE_GAP_PATTERN.sub("\n", text), box, TITLE_FONT_STYLE, _HOOK_FONT_SIZES_PX, 1.02)
    return apart if apart.size >= _MIN_SENTENCE_PER_LINE_FONT_SIZE_SHARE * whole.size else whole
