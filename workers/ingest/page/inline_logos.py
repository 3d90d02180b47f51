"""Logo that a page draws itself: the inline SVG of its header that is named as its logo, or linked to its home page."""

import re
from collections.abc import Iterator
from itertools import islice
from math import ceil

from bs4.element import Tag

from schemas.errors import PictureRefused
from schemas.pictures import INLINE_LOGO_RULE, DrawnPicture, PictureFoundByIngest
from workers.ingest.page.brand_names import LOGO_MARK_PATTERN, is_image_linked_offsite
from workers.ingest.page.document import HtmlDocument, read_tag_attribute, read_tag_text
from workers.ingest.page.inline_svg import draw_inline_svg, read_reference
from workers.ingest.page.logo_texts import has_logo_word
from workers.ingest.page.logos import MAX_HEADER_LOGO_ANCESTORS, find_header_logo, is_home_link_or_brand, is_page_header
from workers.ingest.page.text import fold_text

#: Fragment of the address of a page's own logo: no server has it.
INLINE_LOGO_FRAGMENT = "#logo"
#: Inline SVGs at a page's beginning among which its logo is.
MAX_INLINE_SVGS_CHECKED = 60
#: Pixels of a side below which an SVG is an icon in a line of text.
MIN_INLINE_LOGO_SIDE_PX = 16
#: Tags that hold controls, and the tags around an SVG that are checked for them.
CONTROL_TAGS = frozenset("button form label select".split())
MENU_TAGS = frozenset("ul ol menu".split())
MAX_CONTROL_LEVELS = 4
NAMING_ATTRIBUTES = ("class", "id", "aria-label", "title", "data-icon")
#: Names of controls.
CONTROL_NAME_PATTERN = re.compile(
    r"hamburger|chevron|caret|(?<![a-z])(?:menu|burger|bars|search|close|arrow|angle|toggler?|dropdown|cart|basket|bag"
    r"|phone|tel|call|e?mail|user|account|login|lang|language|globe|flag|sun|moon|theme|house|check|checkbox|social|share"
    r"|rss|play|pin)(?![a-z])",
    re.IGNORECASE,
)
#: Classes of icon libraries, and of a page's own icons.
ICON_CLASS_PATTERN = re.compile(
    r"(?<![\w-])(?:lucide|feather|bi|fa|svg-inline--fa|heroicon|octicon|iconify|mdi|tabler|material-symbols|anticon"
    r"|muisvgicon|svg-icon|icon)(?![a-z])",
    re.IGNORECASE,
)
HIDDEN_STYLE_PATTERN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def find_inline_logo(page: HtmlDocument, name: str | None) -> DrawnPicture | None:
    """Return the logo that a page draws in its header, if it can be kept. Return None if the header has a picture.

    `name` is the brand's, if it is known.
    """
    if not page.tags["svg"] or next(find_header_logo(page), None):
        return None
    svg = choose_inline_logo(page, name)
    try:
        drawing = draw_inline_svg(svg, page) if svg else None
    except PictureRefused:
        return None
    if drawing is None or drawing.lost:
        return None
    data = drawing.text.encode()
    picture = PictureFoundByIngest(
        kind="logo",
        url=page.url + INLINE_LOGO_FRAGMENT,
        width=ceil(drawing.width),
        height=ceil(drawing.height),
        type="image/svg+xml",
        rule=INLINE_LOGO_RULE,
        page=page.url,
        bytes=len(data),
    )
    return DrawnPicture(picture=picture, data=data)


def choose_inline_logo(page: HtmlDocument, name: str | None) -> Tag | None:
    """Return the first inline SVG that is named as the logo, else the first one in a link to the home page."""
    linked = None
    for svg in page.tags["svg"][:MAX_INLINE_SVGS_CHECKED]:
        parents = [*islice(svg.parents, MAX_HEADER_LOGO_ANCESTORS)]
        is_named = is_named_logo(svg, parents[:2], name)
        is_linked = any(is_home_link_or_brand(tag, page) for tag in parents[:3])
        is_in_header = any(map(is_page_header, parents)) and MENU_TAGS.isdisjoint(tag.name for tag in parents)
        is_marked = (is_named and is_linked) or ((is_named or is_linked) and is_in_header)
        is_offsite = any(is_image_linked_offsite(tag, page) for tag in (svg, *parents[:2]))
        if is_marked and not is_offsite and not is_control_or_hidden(svg, parents, name):
            if is_named:
                return svg
            if not linked and not is_icon(svg):
                linked = svg
    return linked


def is_named_logo(svg: Tag, parents: list[Tag], name: str | None) -> bool:
    labels = [*map(read_tag_text, svg.find_all("title", limit=1)), read_tag_attribute(svg, "aria-label")]
    texts = [*labels, *list_naming_texts(svg), *(text for tag in parents for text in list_naming_texts(tag))]
    is_brand = bool(name) and any(fold_text(label) == fold_text(name or "") for label in labels if label)
    return is_brand or any(LOGO_MARK_PATTERN.search(text) or has_logo_word(text) for text in texts)


def list_naming_texts(tag: Tag) -> Iterator[str]:
    yield from filter(None, (read_tag_attribute(tag, key) for key in NAMING_ATTRIBUTES))
    if tag.name == "svg":
        yield from map(read_reference, tag.find_all("use", limit=1))


def is_control_or_hidden(svg: Tag, parents: list[Tag], name: str | None) -> bool:
    """Return whether an inline SVG belongs to a button or a menu, is a mark in a line of text, or isn't shown.

    A word of the brand's name is no sign of a control.
    """
    near = [svg, *parents[:MAX_CONTROL_LEVELS]]
    named = [text for tag in near[:3] for text in list_naming_texts(tag)]
    sides = [read_tag_attribute(svg, key).removesuffix("px") for key in ("width", "height")]
    return (
        any(tag.name in CONTROL_TAGS or "button" in read_tag_attribute(tag, "role") for tag in near)
        or any(
            word.lower() not in (name or "").lower() for text in named for word in CONTROL_NAME_PATTERN.findall(text)
        )
        or any("hidden" in tag.attrs or HIDDEN_STYLE_PATTERN.search(read_tag_attribute(tag, "style")) for tag in near)
        or any(side.isascii() and side.isdecimal() and int(side[:9]) < MIN_INLINE_LOGO_SIDE_PX for side in sides)
    )


def is_icon(svg: Tag) -> bool:
    return any(ICON_CLASS_PATTERN.search(text) for text in list_naming_texts(svg))
