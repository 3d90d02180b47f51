"""Custom properties of style sheets that apply to a whole page in its light colors (css-variables-1).

Only braces, the text before each brace, and declarations of `:root` and the like are read: a tenth of the
cost of parsing the whole sheet.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

#: Comments and strings. An unclosed comment runs to the end of the sheet, an unclosed string to the end of
#: the line.
COMMENT_OR_STRING = re.compile(
    r"/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/)?"
    r"|\"[^\"\\\n]*+(?:\\.[^\"\\\n]*+)*+\"?|'[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'?"
)
BRACES = re.compile("([{}])")
#: Signs without a meaning in a string.
WITHOUT_BRACES = str.maketrans("{};", "   ")
#: Rules with blocks for other media, for dark colors, or for a moment.
CONDITIONAL_RULE = re.compile(
    r"@(?:media[^{]*(?:dark|print|contrast|forced-colors)|(?:-\w+-)?keyframes|font-face|property|page\b)",
    re.IGNORECASE,
)
#: Selectors of the whole page: `:root`, `html`, `body`, `*`, also marked as light.
PAGE_SELECTOR = re.compile(
    r"(?:html|body|:root|:host|:where\((?:html|:root)\)|\*)?"
    r"(?:\[[\w-]+(?:=\W?(?:light|default|auto)\W?)?\]|\.(?:light|default)(?:-(?:theme|mode))?"
    r"|\.theme-(?:light|default)|:not\([^)]*\))?",
    re.IGNORECASE,
)
#: Characters of a rule's beginning; further ones are ignored.
MAX_PRELUDE_CHARS = 1_000
MAX_NAME_CHARS = 80
MAX_VALUE_CHARS = 200
#: Properties that are kept of all sheets: a palette has some three hundred.
MAX_PROPERTIES = 5_000


class Property(NamedTuple):
    """Value of a custom property, and the address of its sheet."""

    value: str
    url: str


class CssBlock(NamedTuple):
    """Open block: whether it always applies, and whether its declarations are for the whole page."""

    applies: bool
    is_page_wide: bool


def properties(sheets: Iterable[tuple[str, str]]) -> dict[str, Property]:
    """Return properties by name, without dashes, with their sheet's address; the last wins, as in
    browsers."""
    by_name: dict[str, Property] = {}
    for url, sheet in sheets:
        for name, value in declared_properties(sheet):
            if name in by_name or len(by_name) < MAX_PROPERTIES:
                by_name[name] = Property(value, url)
    return by_name


def declared_properties(sheet: str) -> Iterator[tuple[str, str]]:
    """Yield names and values of a sheet, in its order. Unmatched closing braces are ignored."""
    if "--" not in sheet:
        return
    pieces = BRACES.split(COMMENT_OR_STRING.sub(without_braces, sheet))
    open_blocks = [CssBlock(applies=True, is_page_wide=False)]
    for before, brace in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        block = open_blocks[-1]
        inside, _, prelude = before.rpartition(";") if brace == "{" else (before, "", "")
        if block.applies and block.is_page_wide:
            yield from declarations(inside)
        if brace == "{":
            open_blocks.append(open_block(prelude, block))
        elif brace and len(open_blocks) > 1:
            open_blocks.pop()


def without_braces(match: re.Match[str]) -> str:
    return " " if match[0].startswith("/*") else match[0].translate(WITHOUT_BRACES)


def open_block(prelude: str, outer: CssBlock) -> CssBlock:
    prelude = prelude.strip()[:MAX_PRELUDE_CHARS]
    if prelude.startswith("@"):
        return CssBlock(outer.applies and not CONDITIONAL_RULE.match(prelude), outer.is_page_wide)
    return CssBlock(
        outer.applies,
        any(PAGE_SELECTOR.fullmatch(selector.strip()) for selector in prelude.split(",") if selector.strip()),
    )


def declarations(text: str) -> Iterator[tuple[str, str]]:
    for declaration in text.split(";") if "--" in text else ():
        name, _, value = declaration.strip().partition(":")
        name, value = name.rstrip(), value.strip()
        if name.startswith("--") and 0 < len(value) <= MAX_VALUE_CHARS and len(name) <= MAX_NAME_CHARS:
            yield name[2:], value.removesuffix("!important").rstrip()
