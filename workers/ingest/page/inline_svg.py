"""Files of inline SVGs: each has the shapes and the paint that its page keeps elsewhere.

The page's elements become XML, with the shapes that `<use>` and `url()` name elsewhere in the page, and with the
paint that the page's own styles give. `generation/drawings.py` then rebuilds it from its allow lists.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from bs4.element import Tag
from lxml import etree

from generation.drawings import CleanedSvgDrawing, clean_svg_drawing
from generation.svg_cost import MAX_DRAWING_LEVELS
from generation.svg_styles import SVG_REFERENCE_PROPERTIES
from workers.ingest.page.document import HtmlDocument, read_tag_attribute
from workers.ingest.page.element_paint import PagePaint

#: Elements and characters of attributes of a drawing with its parts. Of 34 logos the largest has 110 and 17,521.
MAX_INLINE_SVG_ELEMENTS = 1_000
MAX_INLINE_SVG_CHARS = 200_000
#: Attributes of an element; further ones are ignored, since libxml2 compares each with all others.
MAX_SVG_ATTRIBUTES = 100

#: Names with capitals: an HTML parser reports all in lower case (WHATWG HTML 13.2.6.1 and 13.2.6.5).
SVG_NAME_BY_LOWER_CASE_NAME = {
    name.lower(): name
    for name in (
        "linearGradient radialGradient clipPath foreignObject viewBox preserveAspectRatio gradientUnits"
        " gradientTransform spreadMethod clipPathUnits maskUnits maskContentUnits"
    ).split()
}
#: Tags of a page that a drawing may refer to.
SVG_PART_TAGS = (
    "symbol svg g path rect circle ellipse line polyline polygon lineargradient radialgradient clippath mask".split()
)
SVG_SHAPE_TAGS = "path rect circle ellipse line polyline polygon".split()
#: Tags that are left out, with all within them. `PagePaint` reads the styles.
SKIPPED_SVG_TAGS = frozenset("style script animate animatetransform animatemotion set metadata".split())
#: Attributes that `PagePaint` has read, and the namespace, which an element has already.
SKIPPED_SVG_ATTRIBUTES = frozenset(("class", "style", "xmlns"))
XML_NAME_PATTERN = re.compile(r"[a-z][\w-]*", re.ASCII)
NO_XML_CHARACTER_PATTERN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
URL_FRAGMENT_PATTERN = re.compile(r"url\(\s*[\"']?#([\w.:-]+)")
SVG_PIXELS_PATTERN = re.compile(r"[\d.]{1,9}(?:px)?")
SVG_TAG_PREFIX = "{http://www.w3.org/2000/svg}"


def draw_inline_svg(svg: Tag, page: HtmlDocument) -> CleanedSvgDrawing | None:
    """Return an inline SVG as a cleaned drawing, painted as the page's own styles say. Raises `PictureRefused`.

    Return None if the drawing is too large, has no size, shows nothing, or lacks a shape.
    """
    parts = collect_parts(svg, page)
    if parts is None:
        return None
    paint = PagePaint(page)
    root = build_svg_element(svg, None, paint)
    for name, value in paint.read_inherited(svg).items():
        if name not in root.attrib:
            root.set(name, value)
    copy_children(svg, root, paint, level=1)
    definitions = etree.SubElement(root, f"{SVG_TAG_PREFIX}defs")
    for part in parts:
        copy_children(part, build_svg_element(part, definitions, paint), paint, level=2)
    drop_dead_references(root)
    replace_current_color(root)
    return clean_svg_drawing(etree.tostring(root)) if set_view_box(root, parts) and has_paint(root) else None


def collect_parts(svg: Tag, page: HtmlDocument) -> list[Tag] | None:
    """Return the page's elements outside of an inline SVG that it refers to, directly or by each other.

    Return None if a shape is missing, or if they have too many elements or characters together.
    """
    outside, known = index_parts(page), set[str]()
    trees, elements, characters = [svg], 0, 0
    for tree in trees:
        tags = [tree, *tree.find_all(limit=MAX_INLINE_SVG_ELEMENTS)]
        elements += len(tags)
        characters += sum(len(str(value)) for tag in tags for value in tag.attrs.values())
        if elements > MAX_INLINE_SVG_ELEMENTS or characters > MAX_INLINE_SVG_CHARS:
            return None
        known.update(read_tag_attribute(tag, "id") for tag in tags)
        if any(tag.name == "use" and read_reference(tag).removeprefix("#") not in outside for tag in tags):
            return None
        for name in find_references(tags):
            if name not in known and name in outside:
                known.add(name)
                trees.append(outside[name])
    return trees[1:]


def index_parts(page: HtmlDocument) -> dict[str, Tag]:
    """Return the elements of a page that a drawing may refer to, by their ids."""
    index: dict[str, Tag] = {}
    for tag in (tag for name in SVG_PART_TAGS for tag in page.tags.get(name, ())):
        index.setdefault(read_tag_attribute(tag, "id"), tag)
    index.pop("", None)
    return index


def find_references(tags: Iterable[Tag]) -> Iterator[str]:
    """Yield the ids that elements refer to."""
    for tag in tags:
        yield read_reference(tag).removeprefix("#")
        for value in tag.attrs.values():
            yield from URL_FRAGMENT_PATTERN.findall(str(value))


def read_reference(tag: Tag) -> str:
    return read_tag_attribute(tag, "href") or read_tag_attribute(tag, "xlink:href")


def copy_children(source: Tag, target: etree._Element, paint: PagePaint, *, level: int) -> None:
    for child in source.children if level <= MAX_DRAWING_LEVELS else ():
        if isinstance(child, Tag) and child.name not in SKIPPED_SVG_TAGS and XML_NAME_PATTERN.fullmatch(child.name):
            copy_children(child, build_svg_element(child, target, paint), paint, level=level + 1)


def build_svg_element(tag: Tag, parent: etree._Element | None, paint: PagePaint) -> etree._Element:
    """Build a tag's element with its attributes, and with the paint that the page's styles give it."""
    name = SVG_TAG_PREFIX + SVG_NAME_BY_LOWER_CASE_NAME.get(tag.name, tag.name)
    element = etree.Element(name) if parent is None else etree.SubElement(parent, name)
    attributes = islice(tag.attrs.items(), MAX_SVG_ATTRIBUTES)
    values = {key: str(value) for key, value in attributes if XML_NAME_PATTERN.fullmatch(key)}
    for key, value in {
        **values,
        **paint.read_element(tag, is_root=parent is None),
        "href": read_reference(tag),
    }.items():
        text = NO_XML_CHARACTER_PATTERN.sub("", paint.resolve(value))
        if text and key not in SKIPPED_SVG_ATTRIBUTES:
            element.set(SVG_NAME_BY_LOWER_CASE_NAME.get(key, key), text)
    return element


def drop_dead_references(root: etree._Element) -> None:
    """Remove masks and clips that refer to nothing: browsers ignore them, and other viewers hide the element."""
    ids = {element.get("id") for element in root.iter()}
    for element in root.iter():
        for name in SVG_REFERENCE_PROPERTIES:
            if not ids.issuperset(URL_FRAGMENT_PATTERN.findall(element.get(name) or "")):
                del element.attrib[name]


def replace_current_color(element: etree._Element, color: str = "") -> None:
    """Replace `currentColor` within an element by its color, if that is known: readers of colors know no other."""
    color = element.get("color", color)
    for name in ("fill", "stroke", "stop-color"):
        if color and (element.get(name) or "").lower() == "currentcolor":
            element.set(name, color)
    for child in element:
        replace_current_color(child, color)


def set_view_box(root: etree._Element, parts: list[Tag]) -> bool:
    """Give a drawing without a size in pixels that of its view box, or of the symbol's; return whether it has one."""
    if all(SVG_PIXELS_PATTERN.fullmatch(root.get(side) or "") for side in ("width", "height")):
        return True
    box = root.get("viewBox") or next(filter(None, (read_tag_attribute(part, "viewbox") for part in parts)), "")
    root.set("viewBox", box)
    for side in ("width", "height"):
        root.attrib.pop(side, None)
    return bool(box)


def has_paint(element: etree._Element, fill: str = "black", stroke: str = "none") -> bool:
    """Return whether a shape within an element has a fill or a stroke.

    A linked style sheet may paint a logo, and its own markup says `fill="none"` then.
    """
    fill, stroke = element.get("fill", fill), element.get("stroke", stroke)
    is_shape = etree.QName(element).localname in SVG_SHAPE_TAGS
    return (is_shape and {fill, stroke} != {"none"}) or any(has_paint(child, fill, stroke) for child in element)
