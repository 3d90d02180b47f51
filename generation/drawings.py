"""Drawings in SVG, cleaned down to shapes and paint: whoever shows one reads no file and runs no script.

What is kept is on lists, both elements and attributes; whatever else a drawing has goes.
"""

import re
from typing import NamedTuple

from lxml import etree

from schemas.errors import PictureRefused

MAX_BYTES, MAX_ELEMENTS, MAX_DEPTH = 1 << 20, 20_000, 64

_NAMESPACE = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"
_KEPT = frozenset(
    _NAMESPACE + name
    for name in (
        "svg g defs symbol use path rect circle ellipse line polyline polygon title desc style "
        "linearGradient radialGradient stop clipPath mask"
    ).split()
)
#: Elements that show something and don't stay.
_SHOWING = frozenset(_NAMESPACE + name for name in ("text", "image", "foreignObject"))
_ATTRIBUTES = frozenset(
    """
    id class style href transform transform-origin viewBox preserveAspectRatio overflow
    x y width height cx cy r rx ry x1 y1 x2 y2 d points pathLength fx fy fr offset
    gradientUnits gradientTransform spreadMethod clipPathUnits maskUnits maskContentUnits
    fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-linecap stroke-linejoin
    stroke-miterlimit stroke-dasharray stroke-dashoffset opacity color stop-color stop-opacity
    clip-path clip-rule mask mask-type display visibility vector-effect paint-order mix-blend-mode isolation
    shape-rendering color-interpolation
    """.split()
)
#: Addresses outside of the drawing, in any spelling that CSS has for them.
_OUTSIDE = re.compile(r"url\s*\(\s*[\"']?\s*(?!#)|@import|\\|image-set|expression", re.IGNORECASE)
_HUGE = 1e6
_NUMBER = re.compile(r"\s*([0-9]*\.?[0-9]+(?:e[+-]?[0-9]+)?)", re.IGNORECASE)


class Drawing(NamedTuple):
    """A cleaned drawing; `lost` names what it showed and doesn't any more."""

    text: str
    width: float
    height: float
    lost: list[str]


def cleaned(data: bytes) -> Drawing:
    """Raises `PictureRefused`."""
    root = _parsed(data)
    lost = sorted({etree.QName(one).localname for one in root.iter(*_SHOWING)})
    _clean(root)
    width, height = _size(root)
    root.set("width", f"{width:f}")
    root.set("height", f"{height:f}")
    etree.cleanup_namespaces(root)
    return Drawing(etree.tostring(root, encoding="unicode", with_tail=False), width, height, lost)


def _parsed(data: bytes) -> etree._Element:
    if len(data) > MAX_BYTES:
        raise PictureRefused("PICTURE_TOO_LARGE", f"the drawing has more than {MAX_BYTES >> 20} MB")
    if re.search(rb"<!(ENTITY|DOCTYPE[^>]*\[)", data):
        raise PictureRefused("PICTURE_UNSAFE", "the drawing declares entities")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise PictureRefused("PICTURE_UNREADABLE", f"the drawing is no XML: {error}") from None
    if root.tag != _NAMESPACE + "svg":
        raise PictureRefused("PICTURE_TYPE", "the drawing is no SVG")
    if root.getroottree().docinfo.internalDTD is not None and _declares(root):
        raise PictureRefused("PICTURE_UNSAFE", "the drawing declares entities")
    if sum(1 for _ in root.iter()) > MAX_ELEMENTS:
        raise PictureRefused("PICTURE_TOO_LARGE", f"the drawing has more than {MAX_ELEMENTS} elements")
    return root


def _declares(root: etree._Element) -> bool:
    """Whatever encoding it is in, which hides the declaration from a look at its bytes."""
    return any(True for _ in root.getroottree().docinfo.internalDTD.iterentities())


def _clean(root: etree._Element) -> None:
    """Drop all that draws no shape, that leads outside, and shapes used within shapes that are used."""
    for element in list(root.iter()):
        if element is not root and (element.tag not in _KEPT or _is_too_deep(element)):
            _drop(element)
        else:
            _clean_attributes(element)
    used = {use.get("href") for use in root.iter(_NAMESPACE + "use")}
    for element in [one for one in root.iter() if f"#{one.get('id')}" in used]:
        for inner in list(element.iter(_NAMESPACE + "use")):
            _drop(inner)


def _is_too_deep(element: etree._Element) -> bool:
    return sum(1 for _ in element.iterancestors()) > MAX_DEPTH


def _drop(element: etree._Element) -> None:
    if (parent := element.getparent()) is not None:
        parent.remove(element)


def _clean_attributes(element: etree._Element) -> None:
    if element.text and _OUTSIDE.search(element.text):
        element.text = ""
    if (address := element.attrib.pop(_HREF, None)) and "href" not in element.attrib:
        element.set("href", address)
    for name, value in element.attrib.items():
        leads_outside = name == "href" and not value.startswith("#")
        if name not in _ATTRIBUTES or leads_outside or _OUTSIDE.search(value):
            del element.attrib[name]


def _size(root: etree._Element) -> tuple[float, float]:
    """Width and height by what it says of itself, else by its box of coordinates; units count for nothing."""
    said = [root.get("width") or "", root.get("height") or ""]
    box = (root.get("viewBox") or "").replace(",", " ").split()
    if len(box) == 4 and not all(_NUMBER.match(side) and "%" not in side for side in said):
        said = box[2:]
    width, height = (float(found[1]) if (found := _NUMBER.match(side)) else 0.0 for side in said)
    return (width, height) if 0 < width < _HUGE and 0 < height < _HUGE else (1.0, 1.0)
