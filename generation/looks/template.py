"""Template: one look as an HTML file, parsed to values. Our looks and partners' templates are the same files."""

import re
from bisect import bisect_right
from html import unescape
from typing import Literal, NamedTuple, get_args

import tinycss2

from schemas.errors import TemplateRefused

SlideKind = Literal["hook", "point", "list", "quote", "end"]
SLIDE_KINDS: tuple[SlideKind, ...] = get_args(SlideKind)

#: Elements of all sections together.
MAX_TEMPLATE_ELEMENTS = 400
#: Elements inside each other.
MAX_TEMPLATE_DEPTH = 24
#: Smallest font size of a text, in pixels.
MIN_FONT_SIZE_PX = 20
#: Largest number in `needs`.
MAX_NEED = 4_000
#: Selector of the rule with a template's colors in a designer's browser: a slide has the brand's instead.
BROWSER_DEFAULTS_SELECTOR = ":root"
#: Elements without an end tag.
VOID_TAGS = frozenset({"img", "br", "meta"})
#: Faults of a file's markup, after which the reader stops.
MAX_MARKUP_FAULTS = 50
#: Names of the needs, with their fields.
FIELD_BY_NEED = {
    "photos": "needs_photos",
    "photo-side": "min_photo_side_px",
    "screenshots": "needs_screenshots",
    "items": "min_items",
    "quote": "needs_quote",
}
#: A doctype, an end tag, or a start tag with quoted attributes. The groups never give back, so no file costs much.
_TAG_PATTERN = re.compile(
    r"""<!doctype\ html>
    | </(?P<closed>[a-z][a-z0-9]*)\s*>
    | <(?P<opened>[a-z][a-z0-9]*)
      (?P<attributes>(?>\s+[a-z][a-z0-9-]*(?>\s*=\s*(?>"[^"]*"|'[^']*'))?)*+)\s*+(?P<slash>/?)>""",
    re.VERBOSE | re.ASCII,
)
_ATTRIBUTE_PATTERN = re.compile(r"""([a-z][a-z0-9-]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'))?""", re.ASCII)
_COMMENT_START, _COMMENT_END, _STYLE_END = "<!--", "-->", "</style>"


class Element(NamedTuple):
    """An element of a template with its place in the file; texts are children, too."""

    tag: str
    attributes: dict[str, str]
    children: "list[Element | str]"
    line: int
    column: int = 1


class StyleBlock(NamedTuple):
    """Text of a `style` element, and the place of its first character in the file."""

    text: str
    line: int
    column: int


class TemplateFinding(NamedTuple):
    """A fault of a template: its place, its code, and the remedy."""

    line: int
    column: int
    code: str
    message: str


class LookHeader(NamedTuple):
    """Header of a look: its needs of a whole deck, and the trades and voices that it suits."""

    name: str
    needs_photos: int = 0
    min_photo_side_px: int = 0
    needs_screenshots: int = 0
    min_items: int = 0
    needs_quote: bool = False
    suits: frozenset[str] = frozenset()
    voices: frozenset[str] = frozenset()
    barred_voices: frozenset[str] = frozenset()


class Template(NamedTuple):
    """A look's styles, and its sections by the kind of slide, in their order."""

    header: LookHeader
    css: str
    sections: dict[SlideKind, list[Element]]


class TemplateMarkup(NamedTuple):
    """A file's elements as they stand, with the faults of its markup. `metas` and `top` have any elements."""

    top: Element
    metas: list[Element]
    styles: list[StyleBlock]
    faults: list[TemplateFinding]


def read_markup(source: str) -> TemplateMarkup:
    """Read a file's elements, up to the largest number and depth; record its faults instead of raising them."""
    reader = _TemplateReader(source)
    reader.read()
    return TemplateMarkup(reader.top, reader.metas, reader.styles, reader.faults)


def parse_template(source: str) -> Template:
    """Parse a template file. Raises `TemplateRefused` with the line and the reason of its first fault."""
    markup = read_markup(source)
    if markup.faults:
        raise TemplateRefused(markup.faults[0].line, markup.faults[0].message)
    sections: dict[SlideKind, list[Element]] = {}
    for section in list_sections(markup):
        kind = find_slide_kind(section)
        if kind is None:
            raise TemplateRefused(section.line, f"data-kind is one of {', '.join(SLIDE_KINDS)}")
        sections.setdefault(kind, []).append(section)
    css = "".join(_drop_browser_defaults(block.text) for block in markup.styles)
    return Template(_read_header(markup), css, sections)


def list_sections(markup: TemplateMarkup) -> list[Element]:
    return [one for one in markup.top.children if isinstance(one, Element) and one.tag == "section"]


def find_slide_kind(section: Element) -> SlideKind | None:
    return next((one for one in SLIDE_KINDS if one == section.attributes.get("data-kind")), None)


def find_meta(markup: TemplateMarkup, name: str) -> Element | None:
    return next((meta for meta in markup.metas if meta.attributes.get("name") == name), None)


def read_need(part: str) -> tuple[str, int]:
    """Return the field and the value of a part of `needs`, such as `photos=2`. Raises `ValueError` with the remedy."""
    name, _, value = part.partition("=")
    if name not in FIELD_BY_NEED:
        raise ValueError(f"{name} is no need: write {', '.join(FIELD_BY_NEED)}")
    if not (value.isascii() and value.isdigit() and len(value) <= len(str(MAX_NEED)) and int(value) <= MAX_NEED):
        raise ValueError(f"{name} is a whole number from 0 to {MAX_NEED}, such as {name}=1")
    return FIELD_BY_NEED[name], int(value)


def _drop_browser_defaults(css: str) -> str:
    """Return a stylesheet without its `:root` rules, as the parser reads it: text that only looks like one stays."""
    rules = tinycss2.parse_stylesheet(css, skip_comments=True)
    return "".join(
        rule.serialize()
        for rule in rules
        if rule.type != "qualified-rule" or tinycss2.serialize(rule.prelude).strip() != BROWSER_DEFAULTS_SELECTOR
    )


def _read_header(markup: TemplateMarkup) -> LookHeader:
    metas = {one.attributes.get("name"): one for one in reversed(markup.metas)}
    values = {name: meta.attributes.get("content", "").split() for name, meta in metas.items()}
    try:
        needs = dict(map(read_need, values.get("needs", [])))
    except ValueError as error:
        raise TemplateRefused(metas["needs"].line, str(error)) from None
    voices = values.get("voices", [])
    return LookHeader(
        name=" ".join(values.get("look", [])),
        needs_photos=needs.get("needs_photos", 0),
        min_photo_side_px=needs.get("min_photo_side_px", 0),
        needs_screenshots=needs.get("needs_screenshots", 0),
        min_items=needs.get("min_items", 0),
        needs_quote=needs.get("needs_quote", 0) > 0,
        suits=frozenset(values.get("suits", [])),
        voices=frozenset(one for one in voices if not one.startswith("not-")),
        barred_voices=frozenset(one.removeprefix("not-") for one in voices if one.startswith("not-")),
    )


class _TemplateReader:
    """Reader of a file's elements with their places, its `meta` elements and its styles."""

    def __init__(self, source: str) -> None:
        self.top = Element("", {}, [], 0)
        self.metas: list[Element] = []
        self.styles: list[StyleBlock] = []
        self.faults: list[TemplateFinding] = []
        self._source = source
        self._line_starts = [0, *(found.end() for found in re.finditer("\n", source))]
        self._open = [self.top]
        self._elements = 0
        self._ignored_depth = 0

    def read(self) -> None:
        position = 0
        while position < len(self._source) and len(self.faults) < MAX_MARKUP_FAULTS:
            if self._source.startswith(_COMMENT_START, position):
                position = self._find_end(position, _COMMENT_END)
            elif self._source[position] != "<":
                end = self._source.find("<", position)
                self._add_text(position, end if end >= 0 else len(self._source))
                position = end if end >= 0 else len(self._source)
            elif tag := _TAG_PATTERN.match(self._source, position):
                position = self._add_tag(tag)
            else:
                message = "this is no tag: write lower-case tags, attributes in quotes, and &lt; for the sign itself"
                self._report(position, "MARKUP_NOT_ALLOWED", message)
                position += 1
        for element in self._open[1:]:
            message = f"<{element.tag}> is never closed: add </{element.tag}>"
            self.faults.append(TemplateFinding(element.line, element.column, "TAG_NOT_CLOSED", message))

    def _add_tag(self, tag: re.Match[str]) -> int:
        """Add the element of a start tag, or close that of an end tag; return the position behind it."""
        if tag["closed"]:
            self._close(tag)
        elif tag["opened"]:
            line, column = self._locate(tag.start())
            element = Element(tag["opened"], self._read_attributes(tag), [], line, column)
            if tag["slash"] and element.tag not in VOID_TAGS:
                message = f"<{element.tag}/> closes nothing in a browser: write <{element.tag}></{element.tag}>"
                self._report(tag.start(), "TAG_NOT_CLOSED", message)
            if element.tag == "style":
                return self._add_style(element, tag)
            self._add_element(element, tag.start())
        return tag.end()

    def _read_attributes(self, tag: re.Match[str]) -> dict[str, str]:
        attributes: dict[str, str] = {}
        for name, quoted, quoted_once in _ATTRIBUTE_PATTERN.findall(tag["attributes"]):
            if name in attributes:
                self._report(tag.start(), "DUPLICATE_ATTRIBUTE", f"{name[:40]} stands twice: remove one")
            attributes.setdefault(name, unescape(quoted or quoted_once))
        return attributes

    def _add_style(self, element: Element, tag: re.Match[str]) -> int:
        if element.attributes or len(self._open) > 1:
            message = "write style without attributes, in front of the sections"
            self._report(tag.start(), "STYLE_PLACE", message)
        end = self._find_end(tag.end(), _STYLE_END)
        self.styles.append(StyleBlock(self._source[tag.end() : end - len(_STYLE_END)], *self._locate(tag.end())))
        return end

    def _add_element(self, element: Element, position: int) -> None:
        if element.tag == "meta":
            self.metas.append(element)
            return
        self._elements += 1
        if self._elements > MAX_TEMPLATE_ELEMENTS or len(self._open) > MAX_TEMPLATE_DEPTH:
            limits = f"{MAX_TEMPLATE_ELEMENTS} elements, and {MAX_TEMPLATE_DEPTH} inside each other"
            if not any(one.code == "TOO_MANY_ELEMENTS" for one in self.faults):
                self._report(position, "TOO_MANY_ELEMENTS", f"a template has at most {limits}: leave some out")
            self._ignored_depth += element.tag not in VOID_TAGS
            return
        self._open[-1].children.append(element)
        if element.tag not in VOID_TAGS:
            self._open.append(element)

    def _close(self, tag: re.Match[str]) -> None:
        name = tag["closed"]
        if self._ignored_depth:
            self._ignored_depth -= 1
        elif len(self._open) == 1 or name in VOID_TAGS:
            self._report(tag.start(), "TAG_NOT_OPEN", f"</{name[:20]}> closes nothing: remove it")
        elif self._open[-1].tag == name:
            self._open.pop()
        else:
            opened = self._open[-1]
            message = f"</{name[:20]}> closes <{opened.tag[:20]}> of line {opened.line}: close that first"
            self._report(tag.start(), "TAG_NOT_CLOSED", message)

    def _add_text(self, start: int, end: int) -> None:
        text = self._source[start:end]
        if len(self._open) > 1 and not self._ignored_depth:
            self._open[-1].children.append(unescape(text))
        elif text.strip() and not self._ignored_depth:
            message = "this text is never drawn: put it into an element with data-slot"
            self._report(start + len(text) - len(text.lstrip()), "TEXT_OUTSIDE_SLOT", message)

    def _find_end(self, position: int, sign: str) -> int:
        """Return the position behind the next `sign`; the end of the file, with a fault, without one."""
        found = self._source.find(sign, position)
        if found < 0:
            self._report(position, "MARKUP_NOT_ALLOWED", f"{sign} is missing: add it")
        return found + len(sign) if found >= 0 else len(self._source) + len(sign)

    def _locate(self, position: int) -> tuple[int, int]:
        line = bisect_right(self._line_starts, position)
        return line, position - self._line_starts[line - 1] + 1

    def _report(self, position: int, code: str, message: str) -> None:
        self.faults.append(TemplateFinding(*self._locate(position), code, message))
