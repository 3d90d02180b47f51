"""Drawings in SVG: cleaned down to shapes, since a renderer left alone reads files and follows addresses."""

import re

import resvg_py
from lxml import etree

from schemas.errors import PictureRefused

MAX_BYTES, MAX_ELEMENTS, MAX_DEPTH = 1 << 20, 20_000, 64
#: Longer side of the drawing, in pixels; the shorter one is at least a twentieth of it.
SIDE, MAX_RATIO = 1_024, 20

_NAMESPACE = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"
_KEPT = frozenset(
    _NAMESPACE + name
    for name in (
        "svg g defs symbol use path rect circle ellipse line polyline polygon title desc style "
        "linearGradient radialGradient stop clipPath mask"
    ).split()
)
#: Addresses outside of the drawing, in any spelling that CSS has for them.
_OUTSIDE = re.compile(r"url\s*\(\s*[\"']?\s*(?!#)|@import|\\|image-set|expression", re.IGNORECASE)
_HUGE = 1e6
_NUMBER = re.compile(r"\s*([0-9]*\.?[0-9]+(?:e[+-]?[0-9]+)?)", re.IGNORECASE)


def rasterized(data: bytes) -> bytes:
    """A drawing as a PNG. Raises `PictureRefused`."""
    root = _parsed(data)
    _clean(root)
    side = _longer_side(root)
    try:
        drawn = resvg_py.svg_to_bytes(
            svg_string=etree.tostring(root, encoding="unicode"), skip_system_fonts=True, **side
        )
    except (ValueError, RuntimeError, OverflowError) as error:
        raise PictureRefused("PICTURE_UNREADABLE", f"the drawing is damaged: {error}") from None
    return bytes(drawn)


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
    if sum(1 for _ in root.iter()) > MAX_ELEMENTS:
        raise PictureRefused("PICTURE_TOO_LARGE", f"the drawing has more than {MAX_ELEMENTS} elements")
    return root


def _clean(root: etree._Element) -> None:
    """Drop all that draws no shape, that leads outside, and shapes used within shapes that are used."""
    for element in list(root.iter()):
        if element is not root and (element.tag not in _KEPT or _is_too_deep(element)):
            _drop(element)
        else:
            _clean_attributes(element)
    used = {use.get("href") or use.get(_HREF) for use in root.iter(_NAMESPACE + "use")}
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
    for name, value in element.attrib.items():
        leads_outside = name.endswith("href") and not value.startswith("#")
        if leads_outside or str(name).lower().startswith("on") or _OUTSIDE.search(value):
            del element.attrib[name]


def _longer_side(root: etree._Element) -> dict[str, int]:
    """The side that is given to the renderer, so that the other one can't be longer."""
    width, height = _size(root)
    if max(width, height) > MAX_RATIO * min(width, height):
        raise PictureRefused("PICTURE_TOO_NARROW", f"the drawing measures {width:g} x {height:g}")
    root.set("width", f"{width:f}")
    root.set("height", f"{height:f}")
    return {"width": SIDE} if width >= height else {"height": SIDE}


def _size(root: etree._Element) -> tuple[float, float]:
    """Width and height by what it says of itself, else by its box of coordinates; units count for nothing."""
    said = [root.get("width") or "", root.get("height") or ""]
    box = (root.get("viewBox") or "").replace(",", " ").split()
    if len(box) == 4 and not all(_NUMBER.match(side) and "%" not in side for side in said):
        said = box[2:]
    width, height = (float(found[1]) if (found := _NUMBER.match(side)) else 0.0 for side in said)
    return (width, height) if 0 < width < _HUGE and 0 < height < _HUGE else (1.0, 1.0)
