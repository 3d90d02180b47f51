"""Size of a drawing (SVG), by the attributes of its root. It is read in the parsing process."""

import re
from math import ceil

from lxml import etree

from workers.ingest.shapes import FetchedSvg, SvgSize

#: Pixels of each unit of a length (CSS Values 3, 6.2). The size of a percentage, such as `100%`, is unknown.
PIXELS_PER_CSS_UNIT = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}
SVG_NUMBER_REGEX = r"\d{1,7}(?:\.\d{0,9})?|\.\d{1,9}"
SVG_LENGTH_PATTERN = re.compile(rf"\s*({SVG_NUMBER_REGEX})\s*([a-z]*)\s*")
SVG_VIEW_BOX_PATTERN = re.compile(rf"\s*\S+[\s,]+\S+[\s,]+({SVG_NUMBER_REGEX})[\s,]+({SVG_NUMBER_REGEX})\s*")


def read_fetched_svg_size(drawing: FetchedSvg) -> SvgSize:
    """Return width and height of an SVG in pixels, else those of its view box; 0 and 0 if it has neither.

    They are 0 for any other file too. Only the root is parsed, without entities: the rest of the file may be missing.
    """
    parser = etree.XMLPullParser(events=("start",), resolve_entities=False, no_network=True, recover=True)
    parser.feed(drawing.body)
    root = next((tag for _, tag in parser.read_events()), None)
    if root is None or etree.QName(root).localname != "svg":
        return SvgSize(width=0, height=0)
    view_box = SVG_VIEW_BOX_PATTERN.fullmatch(root.get("viewBox") or "")
    view_size = (float(view_box[1]), float(view_box[2])) if view_box else (0.0, 0.0)
    width, height = parse_svg_length_px(root.get("width")), parse_svg_length_px(root.get("height"))
    if not (width and height):
        width, height = view_size
    return SvgSize(width=ceil(width), height=ceil(height))


def parse_svg_length_px(text: str | None) -> float:
    """Return the pixels of an SVG's length, such as `2cm`; 0 for no length, or a relative one such as `100%`."""
    match = SVG_LENGTH_PATTERN.fullmatch(text or "")
    return float(match[1]) * PIXELS_PER_CSS_UNIT.get(match[2], 0.0) if match else 0.0
