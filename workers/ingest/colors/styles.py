"""Style sheets of a page: colors that their custom properties name, read in the parsing process.

Of a sheet only braces, the text before each brace, and declarations of `:root` and the like are read: a tenth
of the cost of parsing the whole sheet. They apply to a whole page in its light colors (css-variables-1).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from schemas.brand import FieldCandidate
from workers.ingest.colors import css_color, names
from workers.ingest.page.decode import decode_bytes_like_browser
from workers.ingest.shapes import FetchedPageStyles, ParsedNonPageDoc

#: A reference, alone or as in `hsl(var(--primary))`, and its fallback for an unknown name.
CSS_VAR_REFERENCE_PATTERN = re.compile(r"var\(\s*--([\w-]+)\s*(?:,((?:[^()]|\([^()]*\))*))?\)", re.IGNORECASE)
#: References to references; further ones are ignored.
MAX_NESTED_CSS_VARS = 8
#: Characters of their result.
MAX_RESOLVED_CSS_VALUE_CHARS = 300
#: Comments and strings. An unclosed comment runs to the end of the sheet, an unclosed string to the end of
#: the line.
CSS_COMMENT_OR_STRING_PATTERN = re.compile(
    r"/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/)?"
    r"|\"[^\"\\\n]*+(?:\\.[^\"\\\n]*+)*+\"?|'[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'?"
)
CSS_BRACE_PATTERN = re.compile("([{}])")
#: Signs without a meaning in a string.
CSS_BRACES_TO_BLANKS_TABLE = str.maketrans("{};", "   ")
#: Rules with blocks for other media, for dark colors, or for a moment.
SKIPPED_CSS_AT_RULE_PATTERN = re.compile(
    r"@(?:media[^{]*(?:dark|print|contrast|forced-colors)|(?:-\w+-)?keyframes|font-face|property|page\b)", re.IGNORECASE
)
#: Theme of Tailwind 4: its custom properties apply to the whole page (tailwindcss.com/docs/theme).
TAILWIND_THEME_PATTERN = re.compile(r"@theme\b", re.IGNORECASE)
#: Selectors of the whole page: `:root`, `html`, `body`, `*`, also marked as light.
ROOT_SELECTOR_PATTERN = re.compile(
    r"(?:html|body|:root|:host|:where\((?:html|:root)\)|\*)?"
    r"(?:\[[\w-]+(?:=\W?(?:light|default|auto)\W?)?\]|\.(?:light|default)(?:-(?:theme|mode))?"
    r"|\.theme-(?:light|default)|:not\([^)]*\))?",
    re.IGNORECASE,
)
#: Characters of a rule's beginning; further ones are ignored.
MAX_CSS_PRELUDE_CHARS = 1_000
MAX_CSS_PROPERTY_NAME_CHARS = 80
MAX_CSS_DECLARED_VALUE_CHARS = 200
#: Properties that are kept of all sheets: a palette has some three hundred.
MAX_CSS_CUSTOM_PROPERTIES = 5_000


class CssPropertyValueWithSheetUrl(NamedTuple):
    """Value of a custom property, and the address of its sheet."""

    value: str
    url: str


class CssBlockScope(NamedTuple):
    """Open block: whether it always applies, and whether its declarations are for the whole page."""

    applies: bool
    is_page_wide: bool


def read_style_sheet_colors(styles: FetchedPageStyles) -> ParsedNonPageDoc:
    sheets = ((sheet.url, decode_bytes_like_browser(sheet.body, sheet.content_type)) for sheet in styles.sheets)
    return ParsedNonPageDoc(
        candidates=list(build_role_colors_from_css_properties(read_custom_properties_of_sheets(sheets)))
    )


def build_role_colors_from_css_properties(
    properties_by_name: Mapping[str, CssPropertyValueWithSheetUrl],
) -> Iterator[FieldCandidate]:
    """Yield a color candidate for each role that names of custom properties declare.

    Of names with the same role words the shortest counts. Colors of a framework's palette are left out.
    """
    hues = {properties_by_name[name].value.lower() for name in names.find_framework_palette_props(properties_by_name)}
    by_role: dict[names.ScoredColorRole, FieldCandidate] = {}
    for name in sorted(properties_by_name, key=lambda name: (len(name), name)):
        role = names.find_color_role_of_property_name(name)
        if role and role not in by_role and properties_by_name[name].value.lower() not in hues:
            value = resolve_css_vars(properties_by_name, properties_by_name[name].value)
            if color := css_color.parse_non_default_color(value):
                by_role[role] = FieldCandidate(
                    field="colors",
                    value=[color],
                    role=role.role,
                    confidence=role.confidence,
                    rule=f"css.--{name}",
                    url=properties_by_name[name].url,
                )
    yield from by_role.values()


def resolve_css_vars(properties_by_name: Mapping[str, CssPropertyValueWithSheetUrl], value: str) -> str:
    """Replace each `var()` in a value by its property's value, else by its fallback, else by nothing.

    Repeat that up to `MAX_NESTED_CSS_VARS` times, since values may have references again. Stop once the value is
    longer than `MAX_RESOLVED_CSS_VALUE_CHARS` characters.
    """

    def target(match: re.Match[str]) -> str:
        known = properties_by_name.get(match[1])
        return known.value if known else (match[2] or "").strip()

    for _ in range(MAX_NESTED_CSS_VARS):
        if "var(" not in value.lower() or len(value) > MAX_RESOLVED_CSS_VALUE_CHARS:
            break
        value = CSS_VAR_REFERENCE_PATTERN.sub(target, value)
    return value


def read_custom_properties_of_sheets(sheets: Iterable[tuple[str, str]]) -> dict[str, CssPropertyValueWithSheetUrl]:
    """Return up to `MAX_CSS_CUSTOM_PROPERTIES` custom properties of style sheets, with their sheet's address.

    The key is the name without dashes. Of several values the last wins. `sheets` are pairs of address and text.
    """
    by_name: dict[str, CssPropertyValueWithSheetUrl] = {}
    for url, sheet in sheets:
        for name, value in read_custom_properties(sheet):
            if name in by_name or len(by_name) < MAX_CSS_CUSTOM_PROPERTIES:
                by_name[name] = CssPropertyValueWithSheetUrl(value, url)
    return by_name


def read_custom_properties(sheet: str) -> Iterator[tuple[str, str]]:
    """Yield name and value of each custom property that a style sheet sets for the whole page in light colors.

    The names are without dashes, in the sheet's order. Unmatched closing braces are ignored.
    """
    if "--" not in sheet:
        return
    pieces = CSS_BRACE_PATTERN.split(CSS_COMMENT_OR_STRING_PATTERN.sub(blank_css_comment_or_braces_in_string, sheet))
    open_blocks = [CssBlockScope(applies=True, is_page_wide=False)]
    for before, brace in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        block = open_blocks[-1]
        inside, _, prelude = before.rpartition(";") if brace == "{" else (before, "", "")
        if block.applies and block.is_page_wide:
            yield from parse_css_custom_property_declarations(inside)
        if brace == "{":
            open_blocks.append(build_css_block_scope(prelude, block))
        elif brace and len(open_blocks) > 1:
            open_blocks.pop()


def blank_css_comment_or_braces_in_string(match: re.Match[str]) -> str:
    return " " if match[0].startswith("/*") else match[0].translate(CSS_BRACES_TO_BLANKS_TABLE)


def build_css_block_scope(prelude: str, outer: CssBlockScope) -> CssBlockScope:
    prelude = prelude.strip()[:MAX_CSS_PRELUDE_CHARS]
    if TAILWIND_THEME_PATTERN.match(prelude):
        return CssBlockScope(outer.applies, is_page_wide=True)
    if prelude.startswith("@"):
        return CssBlockScope(outer.applies and not SKIPPED_CSS_AT_RULE_PATTERN.match(prelude), outer.is_page_wide)
    return CssBlockScope(
        outer.applies,
        any(ROOT_SELECTOR_PATTERN.fullmatch(selector.strip()) for selector in prelude.split(",") if selector.strip()),
    )


def parse_css_custom_property_declarations(text: str) -> Iterator[tuple[str, str]]:
    for declaration in text.split(";") if "--" in text else ():
        name, _, value = declaration.strip().partition(":")
        name, value = name.rstrip(), value.strip()
        if (
            name.startswith("--")
            and 0 < len(value) <= MAX_CSS_DECLARED_VALUE_CHARS
            and len(name) <= MAX_CSS_PROPERTY_NAME_CHARS
        ):
            yield name[2:], value.removesuffix("!important").rstrip()
