"""Lint of a template's styles: properties, functions, units and sizes that every engine draws alike."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import tinycss2

from generation.looks.font_families import FONT_PACKAGE_BY_FAMILY
from generation.looks.template import BROWSER_DEFAULTS_SELECTOR, StyleBlock, TemplateFinding

#: Largest length, in pixels, also below zero.
MAX_LENGTH_PX = 4_000
#: Largest radius of a blur or of a shadow's blur.
MAX_BLUR_PX = 120
#: Blurred elements of one section.
MAX_BLURS_PER_SECTION = 8
#: Largest value of each other unit, also below zero; a number has none.
MAX_BY_UNIT = {"em": 20.0, "deg": 720.0, "fr": 100.0, "%": 1_000.0, "": 1_000.0}
#: Largest factor of `scale()`.
MAX_SCALE = 10.0
#: Largest angle of `skew()`.
MAX_SKEW_DEG = 30.0
#: Largest number of tracks in `repeat()`.
MAX_REPEATED_TRACKS = 24
#: Brackets inside each other in a stylesheet, so that no parser recurses deeply.
MAX_BRACKET_DEPTH = 16
#: Functions inside each other.
MAX_FUNCTION_DEPTH = 6
#: Elements that a template has, and so its selectors.
TEMPLATE_TAGS = frozenset({"section", "div", "span", "img", "i", "b", "br"})
#: Variables that the engine sets.
ENGINE_VARIABLES = frozenset(
    """--paper --ink --accent --on-accent --deep --on-deep --pop --on-pop --sans --serif --scrim --words-top""".split()
)
#: Variables with the fonts of each script: the last family of a list.
FALLBACK_FONT_VARIABLES = ("--sans", "--serif")
_SIDES = ("top", "right", "bottom", "left")
_CORNERS = ("top-left", "top-right", "bottom-left", "bottom-right")
#: Properties that browsers and the engine draw alike.
ALLOWED_PROPERTIES = frozenset(
    """position display top right bottom left width height min-width max-width min-height max-height overflow
    flex flex-direction flex-wrap flex-grow flex-shrink flex-basis align-items align-self align-content
    justify-content justify-items justify-self gap row-gap column-gap grid-template-columns grid-template-rows
    grid-column grid-row margin padding background background-color background-image color opacity border border-color
    border-style border-width border-radius box-shadow text-shadow filter backdrop-filter mix-blend-mode clip-path
    transform transform-origin object-fit object-position font-family font-size font-weight font-style line-height
    letter-spacing text-align text-transform text-wrap white-space""".split()
) | {
    *(f"{name}-{side}" for name in ("margin", "padding", "border") for side in _SIDES),
    *(f"border-{side}-{part}" for side in _SIDES for part in ("width", "style", "color")),
    *(f"border-{corner}-radius" for corner in _CORNERS),
}
#: Functions of values.
ALLOWED_FUNCTIONS = frozenset(
    """var calc min max clamp minmax repeat rgb rgba hsl hsla linear-gradient radial-gradient conic-gradient rotate
    scale scalex scaley translate translatex translatey skew skewx skewy blur brightness contrast drop-shadow grayscale
    hue-rotate invert opacity saturate sepia polygon circle ellipse inset""".split()
)
#: Properties and functions that designers often try, with the way around.
ADVICE_BY_NAME = {
    "font": "write font-family, font-size, font-weight and line-height",
    "background-clip": "give the text a color",
    "background-size": "use an img with a slot and object-fit",
    "box-decoration-break": "use data-plates, which sets each line on a plate of its own",
    "writing-mode": "turn the element with transform:rotate()",
    "z-index": "write the elements in the order in which they lie over each other",
    "animation": "the engine moves slides itself",
    "transition": "the engine moves slides itself",
    "content": "put the sign into an element",
    "direction": "the engine mirrors the template for right-to-left languages",
    "visibility": "leave the element out",
    "url": "use an img with data-slot: the engine gives it a picture of the piece",
    "repeating-linear-gradient": "write linear-gradient",
    "repeating-radial-gradient": "write radial-gradient",
    "env": "write a length",
    "attr": "write the value",
}
_DEEP_BRACKETS_MESSAGE = f"write at most {MAX_BRACKET_DEPTH} brackets inside each other"
_SHADOW_NAMES = frozenset({"box-shadow", "text-shadow", "drop-shadow"})
#: Position of the blur among the lengths of a shadow.
_SHADOW_BLUR_POSITION = 2
_BLURRING_FUNCTIONS = frozenset({"blur", "drop-shadow"})
_ALLOWED_SIGNS = frozenset(",/+-*")
_PLAIN_TOKEN_TYPES = frozenset({"whitespace", "comment", "ident", "hash"})


class BlurredSelector(NamedTuple):
    """Rightmost part of a selector with a blur: the tag, or none, and the classes of its elements."""

    tag: str | None
    classes: frozenset[str]


class StyleReport(NamedTuple):
    """Faults of a stylesheet, and the selectors with a blur."""

    faults: list[TemplateFinding]
    blurred: list[BlurredSelector]


def lint_stylesheet(block: StyleBlock) -> StyleReport:
    """Return the faults of a `style` element, and its selectors with a blur."""
    faults: list[TemplateFinding] = []
    blurred: list[BlurredSelector] = []
    place = _Placer(block)
    if _has_deep_brackets(block.text):
        return StyleReport([place.at_start("STYLE_SYNTAX", _DEEP_BRACKETS_MESSAGE)], [])
    for rule in tinycss2.parse_stylesheet(block.text, skip_comments=True, skip_whitespace=True):
        if rule.type == "at-rule":
            faults.append(place(rule, "AT_RULE", f"@{rule.at_keyword[:40]} is not allowed: remove it"))
        elif rule.type != "qualified-rule":
            faults.append(place(rule, "STYLE_SYNTAX", f"this is no rule: {getattr(rule, 'message', rule.type)}"))
        elif tinycss2.serialize(rule.prelude).strip() == BROWSER_DEFAULTS_SELECTOR:
            faults += _lint_browser_defaults(rule, place)
        else:
            selectors, bad = _read_selectors(rule.prelude)
            if bad is not None:
                message = "write elements, classes, blanks, > and commas alone: .card .name"
                faults.append(place(bad, "SELECTOR_NOT_ALLOWED", message))
            faults += _lint_declarations(tinycss2.parse_blocks_contents(rule.content), place)
            if _has_blur(rule.content):
                blurred += selectors
    return StyleReport(faults, blurred)


def lint_inline_style(text: str, line: int, column: int) -> StyleReport:
    """Return the faults of a `style` attribute; its element counts as blurred by an empty selector."""
    block = StyleBlock(text, line, column)
    if _has_deep_brackets(text):
        return StyleReport([_Placer(block).at_start("STYLE_SYNTAX", _DEEP_BRACKETS_MESSAGE)], [])
    faults = [
        *_lint_declarations(tinycss2.parse_blocks_contents(text), lambda _, *more: _Placer(block).at_start(*more))
    ]
    blurred = [BlurredSelector(None, frozenset())] if _has_blur(tinycss2.parse_component_value_list(text)) else []
    return StyleReport(faults, blurred)


def _has_deep_brackets(text: str) -> bool:
    """Return whether brackets are nested too deeply; a closing one of another kind counts, too."""
    depths = accumulate((sign in "([{") - (sign in ")]}") for sign in text)
    return max(depths, default=0) > MAX_BRACKET_DEPTH


class _Placer:
    """Maker of faults at the places of a style block's tokens in the file."""

    def __init__(self, block: StyleBlock) -> None:
        self._block = block

    def __call__(self, node: Any, code: str, message: str) -> TemplateFinding:
        is_first = node.source_line == 1
        return TemplateFinding(
            self._block.line + node.source_line - 1,
            node.source_column + (self._block.column - 1 if is_first else 0),
            code,
            message,
        )

    def at_start(self, code: str, message: str) -> TemplateFinding:
        return TemplateFinding(self._block.line, self._block.column, code, message)


PlaceFault = Callable[[Any, str, str], TemplateFinding]


def _lint_browser_defaults(rule: Any, place: PlaceFault) -> Iterator[TemplateFinding]:
    for one in tinycss2.parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True):
        if one.type != "declaration" or one.name not in ENGINE_VARIABLES:
            known = ", ".join(sorted(ENGINE_VARIABLES))
            yield place(one, "VARIABLE_NOT_ALLOWED", f":root declares the engine's variables alone: {known}")


def _read_selectors(prelude: Sequence[Any]) -> tuple[list[BlurredSelector], Any | None]:
    """Return the rightmost part of each selector, and the first node that isn't allowed."""
    found: list[BlurredSelector] = []
    tag, classes, after_dot = None, set[str](), False
    for node in prelude:
        if node.type == "ident" and after_dot:
            classes.add(node.value)
            after_dot = False
        elif node.type == "ident" and node.lower_value in TEMPLATE_TAGS and not classes and tag is None:
            tag = node.lower_value
        elif node.type in {"whitespace", "comment"} or node == ">":
            tag, classes = None, set()
        elif node == ",":
            found.append(BlurredSelector(tag, frozenset(classes)))
            tag, classes = None, set()
        elif node == "." and not after_dot:
            after_dot = True
        else:
            return found, node
        if after_dot and node != ".":
            return found, node
    return [*found, BlurredSelector(tag, frozenset(classes))], None


def _has_blur(tokens: Iterable[Any]) -> bool:
    return any(node.type == "function" and node.lower_name in _BLURRING_FUNCTIONS for node in tokens)


def _lint_declarations(nodes: Iterable[Any], place: PlaceFault) -> Iterator[TemplateFinding]:
    for node in nodes:
        if node.type == "declaration":
            yield from _lint_declaration(node, place)
        elif node.type == "at-rule":
            yield place(node, "AT_RULE", f"@{node.at_keyword[:40]} is not allowed: remove it")
        elif node.type not in {"whitespace", "comment"}:
            yield place(node, "STYLE_SYNTAX", "this is no declaration: write name:value;")


def _lint_declaration(node: Any, place: PlaceFault) -> Iterator[TemplateFinding]:
    if node.name.startswith("--"):
        yield place(node, "VARIABLE_NOT_ALLOWED", "declare variables in :root alone; the engine sets its own")
    elif node.lower_name not in ALLOWED_PROPERTIES:
        yield place(node, "PROPERTY_NOT_ALLOWED", _refuse_name(node.lower_name))
    elif node.important:
        yield place(node, "IMPORTANT_NOT_ALLOWED", "remove !important, and write a longer selector")
    elif node.lower_name == "font-family":
        yield from _lint_font_families(node, place)
    else:
        yield from _lint_value(node.lower_name, node.value, place)


def _refuse_name(name: str) -> str:
    return f"{name[:40]} is not allowed: {ADVICE_BY_NAME.get(name, 'remove it')}"


def _lint_font_families(declaration: Any, place: PlaceFault) -> Iterator[TemplateFinding]:
    parts: list[list[Any]] = [[]]
    for node in declaration.value:
        if node == ",":
            parts.append([])
        elif node.type not in {"whitespace", "comment"}:
            parts[-1].append(node)
    *families, last = parts
    for family in families:
        name = " ".join(str(getattr(node, "value", "")) for node in family)
        if name not in FONT_PACKAGE_BY_FAMILY or any(node.type not in {"ident", "string"} for node in family):
            known = ", ".join(FONT_PACKAGE_BY_FAMILY)
            message = f"{name[:40] or 'this'} is no font of the engine: write {known}"
            yield place(declaration, "FONT_NOT_AVAILABLE", message)
    if not (len(last) == 1 and _find_variable(last[0]) in FALLBACK_FONT_VARIABLES):
        message = "end the list with var(--sans) or var(--serif), which have the letters of every script"
        yield place(declaration, "FONT_WITHOUT_FALLBACK", message)


def _find_variable(node: Any) -> str | None:
    """Return the variable of `var(--name)`; None for any other node, also for a variable with a fallback."""
    if node.type != "function" or node.lower_name != "var":
        return None
    names = [one for one in node.arguments if one.type not in {"whitespace", "comment"}]
    return names[0].value if len(names) == 1 and names[0].type == "ident" else None


def _lint_value(name: str, tokens: Sequence[Any], place: PlaceFault, depth: int = 0) -> Iterator[TemplateFinding]:
    """Yield the faults of a property's value, or of the arguments of the function `name`."""
    if name in _SHADOW_NAMES:
        yield from _lint_shadow_blurs(tokens, place)
    for node in tokens:
        if node.type == "function":
            yield from _lint_function(node, place, depth)
        elif node.type in {"number", "percentage", "dimension"}:
            yield from _lint_size(name, node, place)
        elif node.type == "() block" and depth < MAX_FUNCTION_DEPTH:
            yield from _lint_value(name, node.content, place, depth + 1)
        elif node.type == "url":
            yield place(node, "URL_NOT_ALLOWED", _refuse_name("url"))
        elif not (node.type in _PLAIN_TOKEN_TYPES or (node.type == "literal" and node.value in _ALLOWED_SIGNS)):
            yield place(node, "VALUE_NOT_ALLOWED", f"{tinycss2.serialize([node])[:40]} is not allowed in {name}")


def _lint_function(node: Any, place: PlaceFault, depth: int) -> Iterator[TemplateFinding]:
    name = node.lower_name
    if name == "url":
        yield place(node, "URL_NOT_ALLOWED", _refuse_name("url"))
    elif name not in ALLOWED_FUNCTIONS:
        yield place(node, "FUNCTION_NOT_ALLOWED", _refuse_name(name))
    elif depth >= MAX_FUNCTION_DEPTH:
        yield place(node, "VALUE_NOT_ALLOWED", f"write at most {MAX_FUNCTION_DEPTH} functions inside each other")
    elif name == "var":
        if _find_variable(node) not in ENGINE_VARIABLES:
            yield place(node, "VARIABLE_NOT_ALLOWED", f"write one of {', '.join(sorted(ENGINE_VARIABLES))} alone")
    else:
        yield from _lint_value(name, node.arguments, place, depth + 1)


def _lint_shadow_blurs(tokens: Sequence[Any], place: PlaceFault) -> Iterator[TemplateFinding]:
    position = 0
    for node in tokens:
        if node == ",":
            position = 0
        elif node.type in {"dimension", "number"}:
            if position == _SHADOW_BLUR_POSITION and not abs(node.value) <= MAX_BLUR_PX:
                yield place(node, "BLUR_TOO_LARGE", f"blur a shadow by {MAX_BLUR_PX}px at most")
            position += 1


def _lint_size(name: str, node: Any, place: PlaceFault) -> Iterator[TemplateFinding]:
    unit = {"number": "", "percentage": "%"}.get(node.type) if node.type != "dimension" else node.lower_unit
    if unit == "px":
        most = float(MAX_BLUR_PX if name == "blur" else MAX_LENGTH_PX)
    elif unit in MAX_BY_UNIT:
        most = _find_largest_value(name, unit)
    else:
        yield place(node, "UNIT_NOT_ALLOWED", f"write px, em, deg, fr or % in place of {str(unit)[:20]}")
        return
    if not (math.isfinite(node.value) and abs(node.value) <= most):
        code = "BLUR_TOO_LARGE" if name == "blur" else "SIZE_TOO_LARGE"
        yield place(node, code, f"write at most {most:g}{unit} in {name}")


def _find_largest_value(name: str, unit: str) -> float:
    if unit == "deg" and name.startswith("skew"):
        return MAX_SKEW_DEG
    if unit == "" and name.startswith("scale"):
        return MAX_SCALE
    return MAX_REPEATED_TRACKS if (name, unit) == ("repeat", "") else MAX_BY_UNIT[unit]
