"""SVG drawings, rebuilt from allowed shapes and paint only.

The result reads no file, runs no script and sends no request in any viewer. Allow lists decide which elements
and attributes stay. `svg_styles.py` has the lists for CSS. `svg_cost.py` refuses a drawing that is too costly
once its references are followed.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lxml import etree

from generation import svg_cost, svg_styles
from generation.svg_cost import MAX_DRAWING_LEVELS
from generation.svg_styles import SvgStyleRule
from schemas.errors import PictureRefused

MAX_SVG_BYTES, MAX_SVG_ELEMENTS = 1 << 20, 20_000

_SVG_NAMESPACE_URI = "http://www.w3.org/2000/svg"
_SVG_TAG_PREFIX = f"{{{_SVG_NAMESPACE_URI}}}"
_XLINK_HREF_ATTRIBUTE = "{http://www.w3.org/1999/xlink}href"
_ALLOWED_SVG_ELEMENTS = frozenset(
    _SVG_TAG_PREFIX + name
    for name in (
        "svg g defs symbol use path rect circle ellipse line polyline polygon title desc style "
        "linearGradient radialGradient stop clipPath mask"
    ).split()
)
#: Visible elements that are removed.
_REMOVED_VISIBLE_SVG_TAGS = frozenset(_SVG_TAG_PREFIX + name for name in ("text", "image", "foreignObject"))
#: Elements of which only the text stays. An HTML parser treats child elements as HTML.
_SVG_ELEMENTS_KEPT_AS_TEXT = frozenset(_SVG_TAG_PREFIX + name for name in ("title", "desc"))
_SVG_STYLE_ELEMENT_NAME = f"{_SVG_TAG_PREFIX}style"
#: Elements that may reference another one by `href`.
_REFERENCING_SVG_ELEMENTS = frozenset(_SVG_TAG_PREFIX + name for name in ("use", "linearGradient", "radialGradient"))
#: Attributes with words and numbers. `style` and CSS properties have their own lists.
_ALLOWED_SVG_ATTRIBUTES = frozenset(
    """
    id class viewBox preserveAspectRatio
    x y width height cx cy r rx ry x1 y1 x2 y2 d points fx fy fr offset
    gradientUnits spreadMethod clipPathUnits maskUnits maskContentUnits
    """.split()
)
_PLAIN_SVG_VALUE_PATTERN = re.compile(r"[\w\s.,:%+-]*")
_FRAGMENT_REFERENCE_PATTERN = re.compile(r"#[\w.:-]+")
_MAX_SVG_SIDE_UNITS = 1e6
_SVG_SIDE_LENGTH_PATTERN = re.compile(r"\s*([0-9]*\.?[0-9]+(?:e[+-]?[0-9]+)?)", re.IGNORECASE)


class CleanedSvgDrawing(NamedTuple):
    """A cleaned drawing; `lost` names the visible elements that were removed."""

    text: str
    width: float
    height: float
    lost: list[str]


def clean_svg_drawing(data: bytes) -> CleanedSvgDrawing:
    """Return an SVG that is rebuilt from its allowed elements, attributes and styles only. Raises `PictureRefused`.

    Bytes that are no SVG, declare entities, or are too large or costly to draw are refused.
    """
    parsed = _parse_svg(data)
    lost = sorted({etree.QName(one).localname for one in parsed.iter(*_REMOVED_VISIBLE_SVG_TAGS)})
    rules: list[SvgStyleRule] = []
    root = etree.Element(parsed.tag, dict(_yield_allowed_svg_attributes(parsed)), nsmap={None: _SVG_NAMESPACE_URI})
    _copy_allowed_svg_children(parsed, root, 1, rules)
    _check_css_selector_count(root, rules)
    _drop_repeated_svg_ids(root)
    svg_cost.count_drawing_cost_units(root, rules)
    width, height = _svg_drawing_size(root)
    root.set("width", f"{width:f}")
    root.set("height", f"{height:f}")
    return CleanedSvgDrawing(etree.tostring(root, encoding="unicode"), width, height, lost)


def _parse_svg(data: bytes) -> etree._Element:
    if len(data) > MAX_SVG_BYTES:
        raise PictureRefused("PICTURE_TOO_LARGE", f"the drawing has more than {MAX_SVG_BYTES >> 20} MB")
    if re.search(rb"<!(ENTITY|DOCTYPE[^>]*\[)", data):
        raise PictureRefused("PICTURE_UNSAFE", "the drawing declares entities")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise PictureRefused("PICTURE_UNREADABLE", f"the drawing is no XML: {error}") from None
    if root.tag != _SVG_TAG_PREFIX + "svg":
        raise PictureRefused("PICTURE_TYPE", "the drawing is no SVG")
    if root.getroottree().docinfo.internalDTD is not None and _declares_xml_entities(root):
        raise PictureRefused("PICTURE_UNSAFE", "the drawing declares entities")
    if sum(1 for _ in root.iter()) > MAX_SVG_ELEMENTS:
        raise PictureRefused("PICTURE_TOO_LARGE", f"the drawing has more than {MAX_SVG_ELEMENTS} elements")
    return root


def _declares_xml_entities(root: etree._Element) -> bool:
    """Return whether the parsed DTD of an XML document declares entities.

    A byte search misses declarations in other encodings.
    """
    return any(True for _ in root.getroottree().docinfo.internalDTD.iterentities())


def _copy_allowed_svg_children(
    source: etree._Element, target: etree._Element, level: int, rules: list[SvgStyleRule]
) -> None:
    """Copy allowed SVG descendants into `target`, to a maximum depth. Append style sheet rules to `rules`."""
    for child in source if level <= MAX_DRAWING_LEVELS else ():
        if child.tag == _SVG_STYLE_ELEMENT_NAME:
            _copy_allowed_style_rules(child, target, rules)
        elif child.tag in _SVG_ELEMENTS_KEPT_AS_TEXT:
            etree.SubElement(target, child.tag).text = "".join(_own_text_of_svg_element(child))
        elif child.tag in _ALLOWED_SVG_ELEMENTS:
            _copy_allowed_svg_children(
                child, etree.SubElement(target, child.tag, dict(_yield_allowed_svg_attributes(child))), level + 1, rules
            )


def _copy_allowed_style_rules(source: etree._Element, target: etree._Element, rules: list[SvgStyleRule]) -> None:
    """Copy an SVG style sheet's allowed rules into `target` and `rules`; skip a sheet that not every viewer applies.

    A viewer reads all text of the element as one sheet, also text between its children.
    """
    if not svg_styles.is_applied_svg_style_sheet(source.get("type") or "", source.get("media") or ""):
        return
    allowed = svg_styles.parse_style_sheet_rules("".join(_own_text_of_svg_element(source)))
    if allowed:
        etree.SubElement(target, _SVG_STYLE_ELEMENT_NAME).text = "".join(map(str, allowed))
        rules += allowed


def _own_text_of_svg_element(element: etree._Element) -> Iterator[str]:
    yield element.text or ""
    yield from (child.tail or "" for child in element)


def _yield_allowed_svg_attributes(element: etree._Element) -> Iterator[tuple[str, str]]:
    for name, value in element.attrib.items():
        if name == "style":
            if allowed := ";".join(map(str, svg_styles.parse_style_declarations(value))):
                yield name, allowed
        elif name == "gradientTransform":
            if svg_styles.is_allowed_css_property("transform", value):
                yield name, value
        elif (
            name in _ALLOWED_SVG_ATTRIBUTES and _PLAIN_SVG_VALUE_PATTERN.fullmatch(value)
        ) or svg_styles.is_allowed_css_property(name, value):
            yield name, value
    address = element.get("href", element.get(_XLINK_HREF_ATTRIBUTE, ""))
    if element.tag in _REFERENCING_SVG_ELEMENTS and _FRAGMENT_REFERENCE_PATTERN.fullmatch(address):
        yield "href", address


def _check_css_selector_count(root: etree._Element, rules: Iterable[SvgStyleRule]) -> None:
    """Refuse a drawing with too many matches of CSS selectors with elements. Raises `PictureRefused`.

    A renderer tests each selector on each element.
    """
    if sum(len(rule.selectors) for rule in rules) * sum(1 for _ in root.iter()) > svg_styles.MAX_CSS_SELECTOR_MATCHES:
        raise PictureRefused("PICTURE_TOO_LARGE", "the drawing has too many styles for so many elements")


def _drop_repeated_svg_ids(root: etree._Element) -> None:
    """Delete ids in a drawing that an earlier element has, so that viewers and the cost count resolve them alike."""
    seen: set[str] = set()
    for element in root.iter():
        if (name := element.get("id")) in seen:
            del element.attrib["id"]
        elif name:
            seen.add(name)


def _svg_drawing_size(root: etree._Element) -> tuple[float, float]:
    """Return a drawing's width and height by its attributes, else its viewBox, without units; 1 x 1 if unusable."""
    sides = [root.get("width") or "", root.get("height") or ""]
    box = (root.get("viewBox") or "").replace(",", " ").split()
    if len(box) == 4 and not all(_SVG_SIDE_LENGTH_PATTERN.match(side) and "%" not in side for side in sides):
        sides = box[2:]
    width, height = (float(number[1]) if (number := _SVG_SIDE_LENGTH_PATTERN.match(side)) else 0.0 for side in sides)
    return (width, height) if 0 < width < _MAX_SVG_SIDE_UNITS and 0 < height < _MAX_SVG_SIDE_UNITS else (1.0, 1.0)
