"""Custom properties of style sheets that apply to a whole page in its light colors (css-variables-1).

Only braces, the text before each brace, and declarations of `:root` and the like are read: a tenth of the
cost of parsing the whole sheet.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

#: Comments and strings. An unclosed comment runs to the end of the sheet, an unclosed string to the end of
#: the line.
ASIDE = re.compile(
    r"/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/)?"
    r"|\"[^\"\\\n]*+(?:\\.[^\"\\\n]*+)*+\"?|'[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'?"
)
BRACES = re.compile("([{}])")
#: Signs without a meaning in a string.
PLAIN = str.maketrans("{};", "   ")
#: Rules with blocks for other media, for dark colors, or for a moment.
ELSEWHERE = re.compile(
    r"@(?:media[^{]*(?:dark|print|contrast|forced-colors)|(?:-\w+-)?keyframes|font-face|property|page\b)",
    re.IGNORECASE,
)
#: Selectors of the whole page: `:root`, `html`, `body`, `*`, also marked as light.
WHOLE = re.compile(
    r"(?:html|body|:root|:host|:where\((?:html|:root)\)|\*)?"
    r"(?:\[[\w-]+(?:=\W?(?:light|default|auto)\W?)?\]|\.(?:light|default)(?:-(?:theme|mode))?"
    r"|\.theme-(?:light|default)|:not\([^)]*\))?",
    re.IGNORECASE,
)
#: Characters of a rule's beginning, of a name and of a value that are read.
PRELUDE, NAME, VALUE = 1_000, 80, 200
#: Properties that are kept of all sheets: a palette has some three hundred.
KEPT = 5_000


class Property(NamedTuple):
    """Value of a custom property, and the address of its sheet."""

    value: str
    url: str


class Block(NamedTuple):
    """Open block: whether it always applies, and whether its declarations are for the whole page."""

    holds: bool
    whole: bool


def properties(sheets: Iterable[tuple[str, str]]) -> dict[str, Property]:
    """Return properties by name, without dashes, with their sheet's address; the last wins, as in
    browsers."""
    found: dict[str, Property] = {}
    for url, sheet in sheets:
        for name, value in declared(sheet):
            if name in found or len(found) < KEPT:
                found[name] = Property(value, url)
    return found


def declared(sheet: str) -> Iterator[tuple[str, str]]:
    """Yield names and values of a sheet, in its order. Unmatched closing braces are ignored."""
    if "--" not in sheet:
        return
    pieces = BRACES.split(ASIDE.sub(without_braces, sheet))
    open_blocks = [Block(holds=True, whole=False)]
    for before, brace in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        block = open_blocks[-1]
        inside, _, prelude = before.rpartition(";") if brace == "{" else (before, "", "")
        if block.holds and block.whole:
            yield from declarations(inside)
        if brace == "{":
            open_blocks.append(opened(prelude, block))
        elif brace and len(open_blocks) > 1:
            open_blocks.pop()


def without_braces(found: re.Match[str]) -> str:
    return " " if found[0].startswith("/*") else found[0].translate(PLAIN)


def opened(prelude: str, within: Block) -> Block:
    prelude = prelude.strip()[:PRELUDE]
    if prelude.startswith("@"):
        return Block(within.holds and not ELSEWHERE.match(prelude), within.whole)
    return Block(within.holds, any(WHOLE.fullmatch(one.strip()) for one in prelude.split(",") if one.strip()))


def declarations(text: str) -> Iterator[tuple[str, str]]:
    for one in text.split(";") if "--" in text else ():
        name, _, value = one.strip().partition(":")
        name, value = name.rstrip(), value.strip()
        if name.startswith("--") and 0 < len(value) <= VALUE and len(name) <= NAME:
            yield name[2:], value.removesuffix("!important").rstrip()
