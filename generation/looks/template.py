"""Template: one look as an HTML file, parsed to values. Our looks and partners' templates are the same files."""

import re
from html.parser import HTMLParser
from typing import Literal, NamedTuple, get_args

from schemas.errors import TemplateRefused

SlideKind = Literal["hook", "point", "list", "quote", "end"]
SLIDE_KINDS: tuple[SlideKind, ...] = get_args(SlideKind)

#: Rule with a template's colors in a designer's browser: a slide has the brand's instead.
_BROWSER_DEFAULTS_PATTERN = re.compile(r":root\s*\{[^}]*\}")
_VOID_TAGS = frozenset({"img", "br", "meta"})
_HEADER_NAMES = ("look", "needs", "suits", "voices")


class Element(NamedTuple):
    """An element of a template with its line in the file; texts are children, too."""

    tag: str
    attributes: dict[str, str]
    children: "list[Element | str]"
    line: int


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


def parse_template(source: str) -> Template:
    """Parse a template file. Raises `TemplateRefused` with the line and the reason of its first fault."""
    reader = _TemplateReader()
    reader.feed(source)
    reader.close()
    sections: dict[SlideKind, list[Element]] = {}
    for section in reader.top.children:
        if isinstance(section, Element) and section.tag == "section":
            kind = next((one for one in SLIDE_KINDS if one == section.attributes.get("data-kind")), None)
            if kind is None:
                raise TemplateRefused(section.line, f"data-kind is one of {', '.join(SLIDE_KINDS)}")
            sections.setdefault(kind, []).append(section)
    css = _BROWSER_DEFAULTS_PATTERN.sub("", "\n".join(reader.styles))
    return Template(_read_header(reader.metas), css, sections)


def _read_header(metas: dict[str, str]) -> LookHeader:
    needs = dict(part.partition("=")[::2] for part in metas.get("needs", "").split())
    voices = metas.get("voices", "").split()
    return LookHeader(
        name=metas.get("look", ""),
        needs_photos=int(needs.get("photos", "0")),
        min_photo_side_px=int(needs.get("photo-side", "0")),
        needs_screenshots=int(needs.get("screenshots", "0")),
        min_items=int(needs.get("items", "0")),
        needs_quote=needs.get("quote", "0") == "1",
        suits=frozenset(metas.get("suits", "").split()),
        voices=frozenset(one for one in voices if not one.startswith("not-")),
        barred_voices=frozenset(one.removeprefix("not-") for one in voices if one.startswith("not-")),
    )


class _TemplateReader(HTMLParser):
    """Reader of a file's elements with their lines, its `meta` values and its styles."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.top = Element("", {}, [], 0)
        self.metas: dict[str, str] = {}
        self.styles: list[str] = []
        self._open = [self.top]
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "meta" and attributes.get("name") in _HEADER_NAMES:
            self.metas[attributes["name"]] = attributes.get("content", "")
        if tag == "style":
            self._in_style = True
        if tag in {"meta", "style"}:
            return
        element = Element(tag, attributes, [], self.getpos()[0])
        self._open[-1].children.append(element)
        if tag not in _VOID_TAGS:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag == "style":
            self._in_style = False
        elif len(self._open) > 1:
            if self._open[-1].tag != tag:
                raise TemplateRefused(self.getpos()[0], f"</{tag}> closes <{self._open[-1].tag}>")
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.styles.append(data)
        elif len(self._open) > 1:
            self._open[-1].children.append(data)
