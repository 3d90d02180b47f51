"""Cost of a drawing: the shapes and layers a renderer draws once all references are followed.

`use`, masks and clips draw their target once for each reference, so a few kilobytes of nested references
stand for millions of shapes. The count follows each reference but visits each element once. It is never too
low: if a style sheet might match an element, the match counts.

One unit is the cost of a translucent shape that covers the canvas: 20 ms of CPU with resvg 0.5 at 1,024 x
1,024 pixels. A layer takes 60 to 110 ms, a segment of a path at most 0.03 ms, a dash 0.08 ms, and a stop of a
gradient 0.5 ms.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lxml import etree

from generation import svg_styles
from generation.svg_styles import CssDeclaration, SvgStyleRule
from schemas.errors import PictureRefused

#: Maximum units of a drawing, and maximum nesting of elements, with references followed.
MAX_DRAWING_COST_UNITS, MAX_DRAWING_LEVELS = 20_000, 64
COST_UNITS_PER_LAYER, PATH_CHARACTERS_PER_COST_UNIT, DASHES_PER_COST_UNIT, GRADIENT_STOPS_PER_COST_UNIT = (
    4,
    500,
    250,
    40,
)

_LAYER_CSS_PROPERTIES = frozenset(("opacity", "mix-blend-mode", "isolation", *svg_styles.SVG_REFERENCE_PROPERTIES))
_COSTED_CSS_PROPERTIES = _LAYER_CSS_PROPERTIES | {"stroke-dasharray"}
#: Elements that are drawn only by reference.
_REFERENCED_ONLY_SVG_ELEMENTS = frozenset(
    "defs symbol mask clipPath linearGradient radialGradient style title desc".split()
)
_VIEWPORT_SVG_ELEMENTS = frozenset(("svg", "symbol"))
_SVG_NUMBER_PATTERN = re.compile(r"[0-9]*\.?[0-9]+(?:e[+-]?[0-9]+)?", re.IGNORECASE)
_SVG_LENGTH_ATTRIBUTES = "d points x y width height cx cy r rx ry x1 y1 x2 y2".split()
#: Upper bound of a path's length, in sums of its numbers: an arc of a circle is the longest.
_MAX_DRAWN_LENGTH_PER_NUMBER_SUM = 10


class SvgElementCost(NamedTuple):
    """Units of an element with everything that it draws, and the nesting levels below it."""

    units: int
    depth: int


def count_drawing_cost_units(root: etree._Element, rules: Iterable[SvgStyleRule]) -> int:
    """Return a cleaned drawing's rendering cost in units. Raises `PictureRefused` if too high, deep or circular."""
    return _DrawingCostCounter(root, rules).get_element_cost(root, 0).units


class _DrawingCostCounter:
    def __init__(self, root: etree._Element, rules: Iterable[SvgStyleRule]) -> None:
        self._by_id = {one.get("id"): one for one in root.iter() if one.get("id")}
        self._sheet = _index_costed_css_by_selector_part(rules)
        self._known: dict[etree._Element, SvgElementCost] = {}
        self._open: set[etree._Element] = set()
        stops = [sum(1 for _ in one) for one in root.iter("{*}linearGradient", "{*}radialGradient")]
        self._shape = 1 + max(stops, default=0) // GRADIENT_STOPS_PER_COST_UNIT
        self._dash = min(self._dash_pattern_lengths(root), default=0.0)
        self._check_gradient_chains(root)

    def get_element_cost(self, element: etree._Element, level: int) -> SvgElementCost:
        """Return an SVG element's whole rendering cost. Raises `PictureRefused` if it is too high, deep or circular."""
        if element in self._open:
            raise PictureRefused("PICTURE_UNSAFE", "the drawing has a shape that is drawn with itself")
        known = self._known.get(element) or self._compute_element_cost(element, level)
        if known.units > MAX_DRAWING_COST_UNITS or level + known.depth > MAX_DRAWING_LEVELS:
            raise PictureRefused(
                "PICTURE_TOO_LARGE",
                f"the drawing has more than {MAX_DRAWING_COST_UNITS} shapes or {MAX_DRAWING_LEVELS} levels,"
                " all repeats counted",
            )
        return known

    def _compute_element_cost(self, element: etree._Element, level: int) -> SvgElementCost:
        if level > MAX_DRAWING_LEVELS:
            raise PictureRefused("PICTURE_TOO_LARGE", f"the drawing has more than {MAX_DRAWING_LEVELS} levels")
        self._open.add(element)
        units, depth = self._compute_own_cost_units(element), 0
        for other in self._children_and_references(element):
            counted = self.get_element_cost(other, level + 1)
            units, depth = units + counted.units, max(depth, counted.depth + 1)
        self._open.discard(element)
        self._known[element] = cost = SvgElementCost(units, depth)
        return cost

    def _children_and_references(self, element: etree._Element) -> Iterator[etree._Element]:
        """Yield the children that an SVG element itself draws, and the elements that it refers to, once a reference."""
        yield from (one for one in element if _local_element_name(one) not in _REFERENCED_ONLY_SVG_ELEMENTS)
        names = [(element.get("href") or "")[1:]] if _local_element_name(element) == "use" else []
        references = (
            one for one in self._costed_css_declarations(element) if one.name in svg_styles.SVG_REFERENCE_PROPERTIES
        )
        names += [svg_styles.fragment_id_of_css_value(one.value) or "" for one in references]
        yield from (self._by_id[one] for one in names if one in self._by_id)

    def _compute_own_cost_units(self, element: etree._Element) -> int:
        is_layer = _local_element_name(element) in _VIEWPORT_SVG_ELEMENTS or any(
            one.name in _LAYER_CSS_PROPERTIES for one in self._costed_css_declarations(element)
        )
        signs = len(element.get("d") or "") + len(element.get("points") or "")
        dashes = _MAX_DRAWN_LENGTH_PER_NUMBER_SUM * _sum_svg_geometry_numbers(element) / self._dash if self._dash else 0
        costs = signs / PATH_CHARACTERS_PER_COST_UNIT + min(dashes, 1e9) / DASHES_PER_COST_UNIT
        return self._shape + COST_UNITS_PER_LAYER * is_layer + int(costs)

    def _costed_css_declarations(self, element: etree._Element) -> Iterator[CssDeclaration]:
        """Yield an SVG element's CSS declarations with a rendering cost: attributes, style and rules that may match."""
        yield from (
            CssDeclaration(name, value) for name, value in element.attrib.items() if name in _COSTED_CSS_PROPERTIES
        )
        yield from (
            one
            for one in svg_styles.parse_style_declarations(element.get("style") or "")
            if one.name in _COSTED_CSS_PROPERTIES
        )
        classes = (f".{name}" for name in (element.get("class") or "").split())
        for key in ("*", _local_element_name(element), f"#{element.get('id')}", *classes):
            yield from self._sheet.get(key, ())

    def _dash_pattern_lengths(self, root: etree._Element) -> Iterator[float]:
        """Yield the total length of each dash pattern. Skip 0, which leaves lines solid, and infinity: one dash."""
        declared = [one for element in root.iter() for one in self._costed_css_declarations(element)]
        for one in declared:
            total = sum(map(float, _SVG_NUMBER_PATTERN.findall(one.value))) if one.name == "stroke-dasharray" else 0.0
            if 0 < total < math.inf:
                yield total

    def _check_gradient_chains(self, root: etree._Element) -> None:
        """Refuse gradients of a drawing that inherit in a cycle or too deeply. Raises `PictureRefused`."""
        for one in root.iter("{*}linearGradient", "{*}radialGradient"):
            at: etree._Element | None = one
            for _ in range(MAX_DRAWING_LEVELS):
                at = self._by_id.get((at.get("href") or "")[1:]) if at is not None else None
            if at is not None:
                raise PictureRefused("PICTURE_TOO_LARGE", "the drawing has gradients with too many references")


def _index_costed_css_by_selector_part(rules: Iterable[SvgStyleRule]) -> dict[str, list[CssDeclaration]]:
    """Return the CSS declarations with a rendering cost, by one part of the last compound of each selector."""
    index: dict[str, list[CssDeclaration]] = defaultdict(list)
    for rule in rules:
        counted = [one for one in rule.declarations if one.name in _COSTED_CSS_PROPERTIES]
        for selector in rule.selectors if counted else ():
            index[_css_selector_index_key(selector)] += counted
    return index


def _css_selector_index_key(selector: str) -> str:
    """Return a part of a CSS selector, such as `.a` of `g > path.a`; each matching element has that part."""
    parts = re.findall(r"[.#]?[^.#*]+|\*", svg_styles.split_selector_compounds(selector)[-1])
    return next((part for part in parts if part[0] in ".#"), parts[0] if parts else "*")


def _local_element_name(element: etree._Element) -> str:
    return str(etree.QName(element).localname)


def _sum_svg_geometry_numbers(element: etree._Element) -> float:
    values = (element.get(name) or "" for name in _SVG_LENGTH_ATTRIBUTES)
    return sum(float(number) for value in values for number in _SVG_NUMBER_PATTERN.findall(value))
