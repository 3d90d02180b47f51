"""Allow lists for CSS in drawings: style sheets, `style` attributes and presentation attributes.

tinycss2 parses by CSS Syntax 3, so escapes, comments and quotes hide nothing. No at-rule stays. A `url()`
stays only if it names a fragment of the same drawing.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import tinycss2

ALLOWED_CSS_PROPERTIES = frozenset(
    """
    fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-linecap stroke-linejoin
    stroke-miterlimit stroke-dasharray stroke-dashoffset opacity color stop-color stop-opacity
    clip-path clip-rule mask mask-type display visibility overflow vector-effect paint-order mix-blend-mode
    isolation shape-rendering color-interpolation transform transform-origin
    """.split()
)
ALLOWED_CSS_FUNCTIONS = frozenset(
    "rgb rgba hsl hsla matrix translate translatex translatey scale scalex scaley rotate skewx skewy".split()
)
#: Properties that reference an element. `inherit` doesn't stay: `svg_cost.py` reads the value.
SVG_REFERENCE_PROPERTIES = frozenset(("mask", "clip-path"))
#: A dash length must not depend on other elements: `svg_cost.py` counts dashes by it.
_STROKE_DASHARRAY_PATTERN = re.compile(r"\s*(none|inherit|((\d*\.)?\d+(e[+-]?\d+)?(px)?[\s,]*)+)\s*", re.IGNORECASE)

_PLAIN_CSS_TOKEN_TYPES = frozenset(("whitespace", "ident", "number", "percentage", "dimension", "hash"))
_FRAGMENT_ID_PATTERN = re.compile(r"#([\w.:-]+)")
#: Characters that only an escape, a comment or markup needs.
_CSS_ESCAPE_OR_MARKUP_PATTERN = re.compile(r"\\|/\*|[<>&\x00-\x08\x0e-\x1f]")
_APPLIED_STYLE_SHEET_TYPES, _APPLIED_STYLE_SHEET_MEDIA = frozenset(("", "text/css")), frozenset(("", "all", "screen"))
#: A renderer matches each selector against each element. For more than two compounds it tries all
#: combinations of ancestors: resvg 0.5 takes 20 ms an element for four compounds within 60 levels.
MAX_CSS_SELECTOR_COMPOUNDS, MAX_CSS_SELECTOR_MATCHES = 2, 2_000_000


class CssDeclaration(NamedTuple):
    """A property and its value, as the cleaned drawing has them."""

    name: str
    value: str
    suffix: str = ""

    def __str__(self) -> str:
        return f"{self.name}:{self.value}{self.suffix}"


class SvgStyleRule(NamedTuple):
    """Selectors and declarations."""

    selectors: tuple[str, ...]
    declarations: tuple[CssDeclaration, ...]

    def __str__(self) -> str:
        return f"{','.join(self.selectors)}{{{';'.join(map(str, self.declarations))}}}"


def is_allowed_css_property(name: str, value: str) -> bool:
    """Return whether a cleaned drawing may have this CSS property with this value."""
    if name not in ALLOWED_CSS_PROPERTIES or _CSS_ESCAPE_OR_MARKUP_PATTERN.search(value):
        return False
    if name == "stroke-dasharray" and not _STROKE_DASHARRAY_PATTERN.fullmatch(value):
        return False
    if name in SVG_REFERENCE_PROPERTIES:
        return value.strip().lower() == "none" or fragment_id_of_css_value(value) is not None
    return all(map(_is_allowed_css_token, tinycss2.parse_component_value_list(value)))


def fragment_id_of_css_value(value: str) -> str | None:
    """Return the id in a CSS value that is exactly one `url(#id)`, else None."""
    tokens = tinycss2.parse_component_value_list(value.strip())
    return _css_url_fragment_id(tokens[0]) if len(tokens) == 1 else None


def parse_style_declarations(text: str) -> Iterator[CssDeclaration]:
    """Yield the allowed CSS declarations of an SVG element's `style` attribute."""
    return _yield_allowed_css_declarations(tinycss2.parse_blocks_contents(text))


def parse_style_sheet_rules(text: str) -> list[SvgStyleRule]:
    """Return the rules of a style sheet that have allowed selectors only, each with its allowed declarations."""
    parsed = tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)
    candidates = (_parse_allowed_svg_rule(one) for one in parsed if one.type == "qualified-rule")
    return [rule for rule in candidates if rule]


def split_selector_compounds(selector: str) -> list[str]:
    """Return the compounds of a CSS selector, such as `g` and `path.a` of `g > path.a`."""
    return re.split(r"[\s>]+", selector)


def is_applied_svg_style_sheet(kind: str, media: str) -> bool:
    """Return whether every viewer applies a `style` element of this type and media."""
    return kind.strip().lower() in _APPLIED_STYLE_SHEET_TYPES and media.strip().lower() in _APPLIED_STYLE_SHEET_MEDIA


def _parse_allowed_svg_rule(node: Any) -> SvgStyleRule | None:
    written = tinycss2.serialize(node.prelude).strip()
    if _CSS_ESCAPE_OR_MARKUP_PATTERN.search(written.replace(">", "")) or not all(
        map(_is_allowed_selector_token, node.prelude)
    ):
        return None
    selectors = tuple(one.strip() for one in written.split(","))
    if any(len(split_selector_compounds(one)) > MAX_CSS_SELECTOR_COMPOUNDS for one in selectors):
        return None
    allowed = tuple(_yield_allowed_css_declarations(tinycss2.parse_blocks_contents(node.content)))
    return SvgStyleRule(selectors, allowed) if allowed else None


def _is_allowed_selector_token(token: Any) -> bool:
    """Return whether a CSS token may be in a selector: type, class, id, `*`, comma, child or descendant combinator."""
    if token.type == "literal":
        return token.value in {".", ",", ">", "*"}
    return token.type in {"ident", "whitespace"} or (token.type == "hash" and token.is_identifier)


def _yield_allowed_css_declarations(nodes: Iterable[Any]) -> Iterator[CssDeclaration]:
    for one in nodes:
        if one.type == "declaration":
            value = tinycss2.serialize(one.value).strip()
            if is_allowed_css_property(one.lower_name, value):
                yield CssDeclaration(one.lower_name, value, "!important" if one.important else "")


def _is_allowed_css_token(token: Any) -> bool:
    if token.type == "literal":
        return token.value in {",", "/"}
    if token.type == "function" and token.lower_name in ALLOWED_CSS_FUNCTIONS:
        return all(map(_is_allowed_css_token, token.arguments))
    return token.type in _PLAIN_CSS_TOKEN_TYPES or _css_url_fragment_id(token) is not None


def _css_url_fragment_id(token: Any) -> str | None:
    """Return the id that a `url()` names in the same drawing, with or without quotes; else None."""
    value = token.value if token.type == "url" else None
    if token.type == "function" and token.lower_name == "url":
        inner = [one for one in token.arguments if one.type != "whitespace"]
        value = inner[0].value if len(inner) == 1 and inner[0].type == "string" else None
    match = _FRAGMENT_ID_PATTERN.fullmatch(value) if value is not None else None
    return match[1] if match else None
