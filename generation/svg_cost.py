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
from generation.svg_styles import Declaration, StyleRule
from schemas.errors import PictureRefused

#: Maximum units of a drawing, and maximum nesting of elements, with references followed.
MAX_UNITS, MAX_DEPTH = 20_000, 64
LAYER, SIGNS_PER_UNIT, DASHES_PER_UNIT, STOPS_PER_UNIT = 4, 500, 250, 40

_LAYERED = frozenset(("opacity", "mix-blend-mode", "isolation", *svg_styles.DRAWN_WITH))
_COUNTED = _LAYERED | {"stroke-dasharray"}
#: Elements that are drawn only by reference.
_REFERENCED_ONLY = frozenset(
    "defs symbol mask clipPath linearGradient radialGradient style title desc".split()
)
_CLIPPED = frozenset(("svg", "symbol"))
_NUMBER = re.compile(r"[0-9]*\.?[0-9]+(?:e[+-]?[0-9]+)?", re.IGNORECASE)
_LENGTHS = ("d", "points", "x", "y", "width", "height", "cx", "cy", "r", "rx", "ry", "x1", "y1", "x2", "y2")
#: Upper bound of a path's length, in sums of its numbers: an arc of a circle is the longest.
_MAX_PATH_RATIO = 10


class ElementCost(NamedTuple):
    """Units of an element with everything that it draws, and the nesting levels below it."""

    units: int
    depth: int


def units(root: etree._Element, rules: Iterable[StyleRule]) -> int:
    """Return a cleaned drawing's rendering cost in units. Raises `PictureRefused` if it costs too much."""
    return _Count(root, rules).element(root, 0).units


class _Count:
    def __init__(self, root: etree._Element, rules: Iterable[StyleRule]) -> None:
        self._by_id = {one.get("id"): one for one in root.iter() if one.get("id")}
        self._sheet = _indexed(rules)
        self._known: dict[etree._Element, ElementCost] = {}
        self._open: set[etree._Element] = set()
        stops = [sum(1 for _ in one) for one in root.iter("{*}linearGradient", "{*}radialGradient")]
        self._shape = 1 + max(stops, default=0) // STOPS_PER_UNIT
        self._dash = min(self._dashes(root), default=0.0)
        self._check_chains(root)

    def element(self, element: etree._Element, level: int) -> ElementCost:
        """Count an element with all that it draws. Raises `PictureRefused`."""
        if element in self._open:
            raise PictureRefused("PICTURE_UNSAFE", "the drawing has a shape that is drawn with itself")
        known = self._known.get(element) or self._count(element, level)
        if known.units > MAX_UNITS or level + known.depth > MAX_DEPTH:
            raise PictureRefused(
                "PICTURE_TOO_LARGE",
                f"the drawing has more than {MAX_UNITS} shapes or {MAX_DEPTH} levels, all repeats counted",
            )
        return known

    def _count(self, element: etree._Element, level: int) -> ElementCost:
        if level > MAX_DEPTH:
            raise PictureRefused("PICTURE_TOO_LARGE", f"the drawing has more than {MAX_DEPTH} levels")
        self._open.add(element)
        units, depth = self._own_units(element), 0
        for other in self._drawn_elements(element):
            counted = self.element(other, level + 1)
            units, depth = units + counted.units, max(depth, counted.depth + 1)
        self._open.discard(element)
        self._known[element] = cost = ElementCost(units, depth)
        return cost

    def _drawn_elements(self, element: etree._Element) -> Iterator[etree._Element]:
        """Yield children and referenced elements, once for each reference."""
        yield from (one for one in element if _name(one) not in _REFERENCED_ONLY)
        names = [(element.get("href") or "")[1:]] if _name(element) == "use" else []
        references = (
            one for one in self._applicable_declarations(element) if one.name in svg_styles.DRAWN_WITH
        )
        names += [svg_styles.fragment(one.value) or "" for one in references]
        yield from (self._by_id[one] for one in names if one in self._by_id)

    def _own_units(self, element: etree._Element) -> int:
        is_layer = _name(element) in _CLIPPED or any(
            one.name in _LAYERED for one in self._applicable_declarations(element)
        )
        signs = len(element.get("d") or "") + len(element.get("points") or "")
        dashes = _MAX_PATH_RATIO * _length(element) / self._dash if self._dash else 0
        costs = signs / SIGNS_PER_UNIT + min(dashes, 1e9) / DASHES_PER_UNIT
        return self._shape + LAYER * is_layer + int(costs)

    def _applicable_declarations(self, element: etree._Element) -> Iterator[Declaration]:
        """Yield declarations that may apply to the element: its attributes, style and matching rules."""
        yield from (Declaration(name, value) for name, value in element.attrib.items() if name in _COUNTED)
        yield from (
            one for one in svg_styles.declarations(element.get("style") or "") if one.name in _COUNTED
        )
        classes = (f".{name}" for name in (element.get("class") or "").split())
        for key in ("*", _name(element), f"#{element.get('id')}", *classes):
            yield from self._sheet.get(key, ())

    def _dashes(self, root: etree._Element) -> Iterator[float]:
        """Yield the lengths of all dash patterns. Zero length draws no dash, infinite length a single one."""
        declared = [one for element in root.iter() for one in self._applicable_declarations(element)]
        for one in declared:
            total = sum(map(float, _NUMBER.findall(one.value))) if one.name == "stroke-dasharray" else 0.0
            if 0 < total < math.inf:
                yield total

    def _check_chains(self, root: etree._Element) -> None:
        """Check that gradients that inherit from others form chains with an end. Raises `PictureRefused`."""
        for one in root.iter("{*}linearGradient", "{*}radialGradient"):
            at: etree._Element | None = one
            for _ in range(MAX_DEPTH):
                at = self._by_id.get((at.get("href") or "")[1:]) if at is not None else None
            if at is not None:
                raise PictureRefused(
                    "PICTURE_TOO_LARGE", "the drawing has gradients with too many references"
                )


def _indexed(rules: Iterable[StyleRule]) -> dict[str, list[Declaration]]:
    """Index counted declarations by one part of the last compound of each selector."""
    index: dict[str, list[Declaration]] = defaultdict(list)
    for rule in rules:
        counted = [one for one in rule.declarations if one.name in _COUNTED]
        for selector in rule.selectors if counted else ():
            index[_key(selector)] += counted
    return index


def _key(selector: str) -> str:
    """Return one part of the selector, such as `.a` of `g > path.a`. Each matching element has it."""
    parts = re.findall(r"[.#]?[^.#*]+|\*", svg_styles.compounds(selector)[-1])
    return next((part for part in parts if part[0] in ".#"), parts[0] if parts else "*")


def _name(element: etree._Element) -> str:
    return str(etree.QName(element).localname)


def _length(element: etree._Element) -> float:
    values = (element.get(name) or "" for name in _LENGTHS)
    return sum(float(number) for value in values for number in _NUMBER.findall(value))
