"""Last slide: the app at a glance, and the call to action."""

from generation.slides.kit import BODY_FONT_STYLE, TITLE_FONT_STYLE, SlideKit
from generation.spec import PieceCopy
from generation.text.fitting import TextBox, TypesetBlock

_GAP_BELOW_ICON_PX = 58
_GAP_BELOW_NAME_PX = 34
_GAP_ABOVE_BUTTON_PX = 70


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
