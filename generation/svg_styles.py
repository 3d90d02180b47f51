"""Allow lists for CSS in drawings: style sheets, `style` attributes and presentation attributes.

tinycss2 parses by CSS Syntax 3, so escapes, comments and quotes hide nothing. No at-rule stays. A `url()`
stays only if it names a fragment of the same drawing.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import tinycss2

PROPERTIES = frozenset(
    """
    fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-linecap stroke-linejoin
    stroke-miterlimit stroke-dasharray stroke-dashoffset opacity color stop-color stop-opacity
    clip-path clip-rule mask mask-type display visibility overflow vector-effect paint-order mix-blend-mode
    isolation shape-rendering color-interpolation transform transform-origin
    """.split()
)
FUNCTIONS = frozenset(
    "rgb rgba hsl hsla matrix translate translatex translatey scale scalex scaley rotate skewx skewy".split()
)
#: Properties that reference an element. `inherit` doesn't stay: `svg_cost.py` reads the value.
DRAWN_WITH = frozenset(("mask", "clip-path"))
#: A dash length must not depend on other elements: `svg_cost.py` counts dashes by it.
_DASHES = re.compile(r"\s*(none|inherit|((\d*\.)?\d+(e[+-]?\d+)?(px)?[\s,]*)+)\s*", re.IGNORECASE)

_PLAIN_TOKENS = frozenset(("whitespace", "ident", "number", "percentage", "dimension", "hash"))
_FRAGMENT = re.compile(r"#([\w.:-]+)")
#: Characters that only an escape, a comment or markup needs.
_ODD = re.compile(r"\\|/\*|[<>&\x00-\x08\x0e-\x1f]")
_TYPES, _MEDIA = frozenset(("", "text/css")), frozenset(("", "all", "screen"))
#: A renderer matches each selector against each element. For more than two compounds it tries all
#: combinations of ancestors: resvg 0.5 takes 20 ms an element for four compounds within 60 levels.
MAX_COMPOUNDS, MAX_MATCHES = 2, 2_000_000


class Declaration(NamedTuple):
    """A property and its value, as the cleaned drawing has them."""

    name: str
    value: str
    suffix: str = ""

    def __str__(self) -> str:
        return f"{self.name}:{self.value}{self.suffix}"


class StyleRule(NamedTuple):
    """Selectors and declarations."""

    selectors: tuple[str, ...]
    declarations: tuple[Declaration, ...]

    def __str__(self) -> str:
        return f"{','.join(self.selectors)}{{{';'.join(map(str, self.declarations))}}}"


def is_allowed(name: str, value: str) -> bool:
    """Return whether a cleaned drawing may have this CSS property with this value."""
    if name not in PROPERTIES or _ODD.search(value):
        return False
    if name == "stroke-dasharray" and not _DASHES.fullmatch(value):
        return False
    if name in DRAWN_WITH:
        return value.strip().lower() == "none" or fragment(value) is not None
    return all(map(_is_allowed_token, tinycss2.parse_component_value_list(value)))


def fragment(value: str) -> str | None:
    """Return the id of a value that is exactly one `url(#id)`, else None."""
    tokens = tinycss2.parse_component_value_list(value.strip())
    return _address(tokens[0]) if len(tokens) == 1 else None


def declarations(text: str) -> Iterator[Declaration]:
    """Yield the allowed declarations of a `style` attribute."""
    return _declarations(tinycss2.parse_blocks_contents(text))


def rules(text: str) -> list[StyleRule]:
    """Return a style sheet's rules with allowed selectors, each with its allowed declarations only."""
    parsed = tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)
    candidates = (_rule(one) for one in parsed if one.type == "qualified-rule")
    return [rule for rule in candidates if rule]


def compounds(selector: str) -> list[str]:
    """Return the compounds of a selector, such as `g` and `path.a` of `g > path.a`."""
    return re.split(r"[\s>]+", selector)


def is_sheet(kind: str, media: str) -> bool:
    """Return whether every viewer applies a `style` element of this type and media."""
    return kind.strip().lower() in _TYPES and media.strip().lower() in _MEDIA


def _rule(node: Any) -> StyleRule | None:
    written = tinycss2.serialize(node.prelude).strip()
    if _ODD.search(written.replace(">", "")) or not all(map(_is_selector_token, node.prelude)):
        return None
    selectors = tuple(one.strip() for one in written.split(","))
    if any(len(compounds(one)) > MAX_COMPOUNDS for one in selectors):
        return None
    allowed = tuple(_declarations(tinycss2.parse_blocks_contents(node.content)))
    return StyleRule(selectors, allowed) if allowed else None


def _is_selector_token(token: Any) -> bool:
    """Return whether a token is a type, class, id, `*`, or a combinator of descendants or children."""
    if token.type == "literal":
        return token.value in {".", ",", ">", "*"}
    return token.type in {"ident", "whitespace"} or (token.type == "hash" and token.is_identifier)


def _declarations(nodes: Iterable[Any]) -> Iterator[Declaration]:
    for one in nodes:
        if one.type == "declaration":
            value = tinycss2.serialize(one.value).strip()
            if is_allowed(one.lower_name, value):
                yield Declaration(one.lower_name, value, "!important" if one.important else "")


def _is_allowed_token(token: Any) -> bool:
    if token.type == "literal":
        return token.value in {",", "/"}
    if token.type == "function" and token.lower_name in FUNCTIONS:
        return all(map(_is_allowed_token, token.arguments))
    return token.type in _PLAIN_TOKENS or _address(token) is not None


def _address(token: Any) -> str | None:
    """Return the id that a `url()` names in the same drawing, with or without quotes; else None."""
    value = token.value if token.type == "url" else None
    if token.type == "function" and token.lower_name == "url":
        inner = [one for one in token.arguments if one.type != "whitespace"]
        value = inner[0].value if len(inner) == 1 and inner[0].type == "string" else None
    match = _FRAGMENT.fullmatch(value) if value is not None else None
    return match[1] if match else None
