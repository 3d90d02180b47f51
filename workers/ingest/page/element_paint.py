"""Paint of a page's elements by its `<style>` and `style` attributes, for a drawing that is taken out of it.

Rules of linked style sheets aren't known here. Of the cascade only the order counts: the last rule wins.
"""

import re
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from bs4.element import Tag

from generation.svg_styles import ALLOWED_CSS_PROPERTIES
from workers.ingest.colors import css_color, styles
from workers.ingest.page.document import HtmlDocument, read_tag_attribute

#: Characters of all `<style>`; further ones are ignored.
MAX_READ_STYLE_CHARS = 256 << 10
#: Rules for one tag, class or id: the last ones.
MAX_RULES_PER_KEY = 10
#: Classes of an element, and elements around it, that are compared with selectors.
MAX_COMPARED_CLASSES = 15
MAX_COMPARED_ANCESTORS = 20
#: Paint that an element takes from the elements around it (SVG 2, 13).
INHERITED_PAINT_PROPERTIES = ("color", "fill", "stroke")
#: Values that say to take the paint from around, or none.
NO_PAINT_VALUES = frozenset("inherit unset initial revert".split())
#: Tag, classes and ids, of which one is there. Other selectors, such as `:hover`, apply for a moment.
COMPOUND_SELECTOR_PATTERN = re.compile(r"(?=[.#\w])([a-z][\w-]*)?((?:[.#][\w-]+)*)", re.IGNORECASE)
CLASS_OR_ID_PATTERN = re.compile(r"[.#][\w-]+")

Declarations = Mapping[str, str]


class CompoundSelector(NamedTuple):
    """Tag of a compound selector, empty for any; its classes and ids with their sign."""

    tag: str
    names: frozenset[str]


class PaintRule(NamedTuple):
    """Rule for paint: its place in the page, its compound selectors from the outside in, its declarations."""

    number: int
    compounds: Sequence[CompoundSelector]
    declarations: Declarations


class PagePaint:
    """Rules for paint in a page's `<style>`, by the tag, or by a class or id, of the last part of their selector."""

    def __init__(self, page: HtmlDocument) -> None:
        text = "\n".join(tag.get_text() for tag in page.tags["style"])[:MAX_READ_STYLE_CHARS]
        self.sheet = (page.url, text)
        self.rules: defaultdict[str, deque[PaintRule]] = defaultdict(lambda: deque(maxlen=MAX_RULES_PER_KEY))
        self.names_by_tag: dict[int, frozenset[str]] = {}
        for rule in read_paint_rules(text):
            tag, names = rule.compounds[-1]
            self.rules[min(names, default=tag)].append(rule)

    @cached_property
    def properties(self) -> Mapping[str, styles.CssPropertyValueWithSheetUrl]:
        return styles.read_custom_properties_of_sheets([self.sheet])

    def resolve(self, value: str) -> str:
        """Return a value with each `var()` replaced by its custom property; a color of any notation as `#rrggbb`."""
        value = styles.resolve_css_vars(self.properties, value) if "var(" in value else value
        return (css_color.parse_css_color(value) or value) if "(" in value else value

    def read_element(self, tag: Tag, *, is_root: bool = False) -> dict[str, str]:
        """Return the paint that the page's rules and the `style` attribute give an element.

        Of a drawing's root only inherited paint counts: the rest places it in its page, or moves it.
        """
        keys = (*self.get_classes_and_id(tag), tag.name)
        rules = (rule for key in keys for rule in self.rules.get(key, ()) if self.is_matched_by(tag, rule.compounds))
        found = {
            name: value
            for rule in sorted(rules, key=lambda rule: rule.number)
            for name, value in rule.declarations.items()
        }
        found |= parse_paint_declarations(read_tag_attribute(tag, "style"))
        return {
            name: value
            for name, value in found.items()
            if value.lower() not in NO_PAINT_VALUES and (name in INHERITED_PAINT_PROPERTIES or not is_root)
        }

    def read_inherited(self, tag: Tag) -> dict[str, str]:
        """Return the paint that an element takes from the elements around it."""
        found: dict[str, str] = {}
        for parent in islice(tag.parents, MAX_COMPARED_ANCESTORS):
            found = {**self.read_element(parent, is_root=True), **found}
        return {name: text for name, value in found.items() if (text := self.resolve(value))}

    def is_matched_by(self, tag: Tag, compounds: Sequence[CompoundSelector]) -> bool:
        """Return whether a selector's compounds match an element and, in their order, elements around it."""
        *outer, last = compounds
        if not self.is_compound_match(tag, last):
            return False
        for parent in islice(tag.parents, MAX_COMPARED_ANCESTORS) if outer else ():
            if self.is_compound_match(parent, outer[-1]):
                outer.pop()
                if not outer:
                    break
        return not outer

    def is_compound_match(self, tag: Tag, compound: CompoundSelector) -> bool:
        return compound.tag in {"", tag.name} and compound.names <= self.get_classes_and_id(tag)

    def get_classes_and_id(self, tag: Tag) -> frozenset[str]:
        if (known := self.names_by_tag.get(id(tag))) is None:
            classes = read_tag_attribute(tag, "class").split()[:MAX_COMPARED_CLASSES]
            known = frozenset((f"#{read_tag_attribute(tag, 'id')}", *(f".{name}" for name in classes)))
            self.names_by_tag[id(tag)] = known
        return known


def read_paint_rules(sheet: str) -> Iterator[PaintRule]:
    """Yield the rules for paint of a style sheet that always apply: those outside of at-rules."""
    depth, text = 0, styles.CSS_COMMENT_OR_STRING_PATTERN.sub(styles.blank_css_comment_or_braces_in_string, sheet)
    pieces = styles.CSS_BRACE_PATTERN.split(text)
    for number, (before, brace, inside) in enumerate(zip(pieces[::2], pieces[1::2], pieces[2::2], strict=False)):
        if brace == "{" and not depth and (declarations := parse_paint_declarations(inside)):
            for selector in before.rpartition(";")[2].strip()[: styles.MAX_CSS_PRELUDE_CHARS].split(","):
                if compounds := parse_selector(selector):
                    yield PaintRule(number, compounds, declarations)
        depth = depth + 1 if brace == "{" else max(0, depth - 1)


def parse_paint_declarations(text: str) -> dict[str, str]:
    pairs = (
        (name.strip().lower(), value.strip()) for name, _, value in (one.partition(":") for one in text.split(";"))
    )
    return {
        name: value.removesuffix("!important").rstrip()
        for name, value in pairs
        if name in ALLOWED_CSS_PROPERTIES and 0 < len(value) <= styles.MAX_CSS_DECLARED_VALUE_CHARS
    }


def parse_selector(selector: str) -> list[CompoundSelector]:
    """Return the compounds of a selector of tags, classes and ids, such as `.logo > path.a`; empty for any other."""
    matches = [COMPOUND_SELECTOR_PATTERN.fullmatch(compound) for compound in selector.replace(">", " ").split()]
    return [
        CompoundSelector((match[1] or "").lower(), frozenset(CLASS_OR_ID_PATTERN.findall(match[2])))
        for match in matches
        if match and all(matches)
    ]
