"""Lint of templates: findings with line, column, code and remedy. Ours and partners' templates pass the same.

It needs no drawing library, so the API refuses a template before it is stored.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from typing import get_args

from generation.copy.tones import Tone
from generation.looks.filling import walk_elements
from generation.looks.lint_styles import (
    MAX_BLURS_PER_SECTION,
    MAX_LENGTH_PX,
    TEMPLATE_TAGS,
    BlurredSelector,
    StyleReport,
    lint_inline_style,
    lint_stylesheet,
)
from generation.looks.template import (
    MIN_FONT_SIZE_PX,
    SLIDE_KINDS,
    Element,
    SlideKind,
    TemplateFinding,
    TemplateMarkup,
    find_meta,
    find_slide_kind,
    list_sections,
    read_markup,
    read_need,
)
from schemas.templates import MAX_TEMPLATE_BYTES

#: Findings of one run of the lint.
MAX_TEMPLATE_FINDINGS = 50
#: Largest font size of a text, in pixels.
MAX_FONT_SIZE_PX = 1_000
#: Lines of one text.
MAX_TEXT_LINES = 12
#: Words of `suits`, and characters of each.
MAX_SUITED_TRADES = 60
#: Kinds of slides without which no deck is drawn.
REQUIRED_SLIDE_KINDS: tuple[SlideKind, ...] = ("hook", "point", "end")
#: Slots of texts.
TEXT_SLOTS = frozenset("headline body chip call name place site page arrow quotemark presenter number item".split())
#: Slots of pictures.
PICTURE_SLOTS = frozenset("photo photo2 photo3 screen screen2 screen3 logo portrait".split())
#: Slot that repeats its row for each item.
ITEMS_SLOT = "items"
#: Slots inside `items` alone.
SLOTS_OF_ITEMS = frozenset({"number", "item"})
#: Slots that each section of a kind shows, so that no text of a piece is lost.
SLOTS_BY_KIND: dict[SlideKind, tuple[str, ...]] = {
    "hook": ("headline",),
    "point": ("headline",),
    "list": ("headline", ITEMS_SLOT, "item"),
    "quote": ("headline",),
    "end": ("name",),
}
#: Slots with a text that a section must not leave out if the slide has it.
DISCLOSURE_SLOTS = ("presenter",)
#: Attributes of every element.
COMMON_ATTRIBUTES = frozenset({"class", "style"})
#: Further attributes of elements with a text slot.
TEXT_SLOT_ATTRIBUTES = frozenset("data-slot data-box data-size data-lines data-optional data-hug data-plates".split())
_REQUIRED_TEXT_ATTRIBUTES = ("data-box", "data-size", "data-lines")
_FLAGS = frozenset({"data-optional", "data-hug", "data-plates"})
_HEADER_NAMES = ("look", "needs", "suits", "voices")
_HEADER_LIST = ", ".join(_HEADER_NAMES)
_WORD_PATTERN = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_CLASS_PATTERN = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_BOX_PATTERN = re.compile(r"(\d{1,4})x(\d{1,4})(?: (\d{1,4})x(\d{1,4}) (\d{1,4})x(\d{1,4}))?")
_SIZE_PATTERN = re.compile(r"(\d{1,4})-(\d{1,4})")
_LINES_PATTERN = re.compile(r"\d{1,2}")


def lint_template(source: str) -> list[TemplateFinding]:
    """Return the findings of a template in the order of their places, 50 at most; an empty list: it may be used."""
    size = len(source.encode("utf-8", "surrogatepass"))
    if size > MAX_TEMPLATE_BYTES:
        message = f"the file has {size:,} bytes, the limit is {MAX_TEMPLATE_BYTES:,}: shorten it"
        return [TemplateFinding(1, 1, "TOO_LARGE", message)]
    markup = read_markup(source)
    found = chain(markup.faults, _lint_header(markup), _lint_sections(markup), _lint_all_styles(markup))
    return sorted(islice(found, MAX_TEMPLATE_FINDINGS))


def _fault(element: Element, code: str, message: str) -> TemplateFinding:
    return TemplateFinding(element.line, element.column, code, message)


def _lint_header(markup: TemplateMarkup) -> Iterator[TemplateFinding]:
    names = Counter(meta.attributes.get("name") for meta in markup.metas)
    for written in markup.metas:
        name = written.attributes.get("name")
        if written.attributes.keys() == {"charset"}:
            continue
        if written.attributes.keys() != {"name", "content"} or name not in _HEADER_NAMES or names[name] > 1:
            yield _fault(written, "META_NOT_ALLOWED", f"write one meta each for {_HEADER_LIST}, and a charset")
    yield from _lint_header_words(markup)


def _lint_header_words(markup: TemplateMarkup) -> Iterator[TemplateFinding]:
    look = find_meta(markup, "look")
    if look is None or not _WORD_PATTERN.fullmatch(look.attributes.get("content", "")):
        place = look or Element("meta", {}, [], 1)
        yield _fault(place, "LOOK_NAME", 'name the look: <meta name="look" content="my-look">, in a-z, 0-9 and -')
    yield from _lint_needs(markup)
    tones = get_args(Tone)
    for name, is_known, remedy in (
        ("suits", _WORD_PATTERN.fullmatch, "name trades by a-z, 0-9, - and _, or any"),
        ("voices", lambda word: word.removeprefix("not-") in tones, f"write {', '.join(tones)}, or not- before one"),
    ):
        meta = find_meta(markup, name)
        words = meta.attributes.get("content", "").split() if meta else []
        for word in words[:MAX_SUITED_TRADES]:
            if meta is not None and not is_known(word):
                yield _fault(meta, "HEADER_WORD", f"{word[:40]} in {name} is not known: {remedy}")
        if meta and len(words) > MAX_SUITED_TRADES:
            yield _fault(meta, "HEADER_WORD", f"{name} has at most {MAX_SUITED_TRADES} words: remove some")


def _lint_needs(markup: TemplateMarkup) -> Iterator[TemplateFinding]:
    needs = find_meta(markup, "needs")
    for part in needs.attributes.get("content", "").split() if needs else []:
        try:
            read_need(part)
        except ValueError as error:
            yield _fault(needs or markup.top, "NEEDS", str(error)[:200])


def _lint_sections(markup: TemplateMarkup) -> Iterator[TemplateFinding]:
    for element in markup.top.children:
        if isinstance(element, Element) and element.tag != "section":
            yield _fault(
                element, "ELEMENT_NOT_ALLOWED", f"<{element.tag[:20]}> stands in a section: only these are at the top"
            )
    sections = list_sections(markup)
    kinds = {find_slide_kind(section) for section in sections}
    for kind in REQUIRED_SLIDE_KINDS:
        if kind not in kinds:
            message = f'add <section data-kind="{kind}">: no deck is drawn without one'
            yield TemplateFinding(1, 1, "KIND_MISSING", message)
    for section in sections:
        yield from _lint_section(section)


def _lint_section(section: Element) -> Iterator[TemplateFinding]:
    kind = find_slide_kind(section)
    if kind is None:
        yield _fault(section, "KIND", f"data-kind is one of {', '.join(SLIDE_KINDS)}")
    yield from _lint_attributes(section, COMMON_ATTRIBUTES | {"data-kind"})
    yield from _lint_children(section, in_items=False)
    slots = Counter(one.attributes.get("data-slot") for one in walk_elements(section))
    for slot, count in slots.items():
        if slot and count > 1:
            yield _fault(section, "SLOT_TWICE", f"the section shows {slot[:20]} {count} times: keep one")
    shown = SLOTS_BY_KIND[kind] if kind else ()
    for element in walk_elements(section):
        if "data-optional" in element.attributes and element.attributes.get("data-slot") in {*shown, *DISCLOSURE_SLOTS}:
            yield _fault(element, "SLOT_OPTIONAL", "remove data-optional: this text is never left out")
    for slot in shown:
        if slot not in slots:
            yield _fault(section, "SLOT_MISSING", f"a {kind} shows the slot {slot}: add it, or its text is lost")


def _lint_children(parent: Element, *, in_items: bool) -> Iterator[TemplateFinding]:
    holds_text = parent.attributes.get("data-slot") in TEXT_SLOTS
    for child in parent.children:
        if isinstance(child, str):
            if child.strip() and not holds_text:
                message = f"this text is never drawn: put it into an element with data-slot: {child.strip()[:40]}"
                yield _fault(parent, "TEXT_OUTSIDE_SLOT", message)
            continue
        if child.tag not in TEMPLATE_TAGS - {"section"}:
            allowed = ", ".join(sorted(TEMPLATE_TAGS - {"section"}))
            yield _fault(child, "ELEMENT_NOT_ALLOWED", f"<{child.tag[:20]}> is not allowed: use {allowed}")
            continue
        if holds_text:
            yield _fault(child, "SLOT_WITH_ELEMENTS", "a text slot holds text alone: move this element out of it")
        yield from _lint_slot(child, in_items=in_items)
        yield from _lint_children(child, in_items=in_items or child.attributes.get("data-slot") == ITEMS_SLOT)


def _lint_slot(element: Element, *, in_items: bool) -> Iterator[TemplateFinding]:
    slot = element.attributes.get("data-slot")
    if element.tag == "img":
        yield from _lint_attributes(element, COMMON_ATTRIBUTES | {"data-slot", "data-optional"})
        if slot not in PICTURE_SLOTS:
            yield _fault(element, "SLOT_UNKNOWN", f"an img has a data-slot: {', '.join(sorted(PICTURE_SLOTS))}")
    elif slot is None:
        yield from _lint_attributes(element, COMMON_ATTRIBUTES)
    elif slot == ITEMS_SLOT:
        yield from _lint_attributes(element, COMMON_ATTRIBUTES | {"data-slot"})
        if in_items or sum(isinstance(child, Element) for child in element.children) != 1:
            yield _fault(element, "ITEMS_ROW", "items holds one example row, which the engine repeats")
    elif slot not in TEXT_SLOTS or element.tag != "div":
        yield _fault(element, "SLOT_UNKNOWN", f"a text slot is a div with one of {', '.join(sorted(TEXT_SLOTS))}")
    else:
        if (slot in SLOTS_OF_ITEMS) != in_items:
            yield _fault(element, "SLOT_PLACE", "number and item stand inside items, and no other slot does")
        yield from _lint_attributes(element, COMMON_ATTRIBUTES | TEXT_SLOT_ATTRIBUTES)
        yield from _lint_text_room(element)


def _lint_text_room(element: Element) -> Iterator[TemplateFinding]:
    values = element.attributes
    for name in _REQUIRED_TEXT_ATTRIBUTES:
        if name not in values:
            yield _fault(element, "ROOM_MISSING", f"a text slot has {name}: add it")
    box = _BOX_PATTERN.fullmatch(values.get("data-box", "1x1"))
    if not box or any(not 0 < int(side) <= MAX_LENGTH_PX for side in box.groups() if side):
        message = 'write data-box="960x520 856x500 960x380": width x height for 4:5, 9:16 and 1:1, or one for all'
        yield _fault(element, "BOX", message)
    size = _SIZE_PATTERN.fullmatch(values.get("data-size", "24-24"))
    if not size or not MIN_FONT_SIZE_PX <= int(size[1]) <= int(size[2]) <= MAX_FONT_SIZE_PX:
        limits = f"from {MIN_FONT_SIZE_PX} to {MAX_FONT_SIZE_PX}"
        yield _fault(element, "FONT_SIZE", f'write data-size="36-120": the smallest and largest px, {limits}')
    lines = values.get("data-lines", "1")
    if not _LINES_PATTERN.fullmatch(lines) or not 0 < int(lines) <= MAX_TEXT_LINES:
        yield _fault(element, "LINES", f"data-lines is a number from 1 to {MAX_TEXT_LINES}")


def _lint_attributes(element: Element, allowed: frozenset[str]) -> Iterator[TemplateFinding]:
    for name, value in element.attributes.items():
        if name == "src":
            yield _fault(element, "SRC_NOT_ALLOWED", "remove src: the engine gives an img the picture of its data-slot")
        elif name not in allowed:
            yield _fault(element, "ATTRIBUTE_NOT_ALLOWED", f"{name[:40]} is not allowed here: remove it")
        elif name in _FLAGS and value:
            yield _fault(element, "ATTRIBUTE_VALUE", f"write {name} without a value")
        elif name == "class" and not all(map(_CLASS_PATTERN.fullmatch, value.split())):
            yield _fault(element, "CLASS", "name classes by letters, digits, - and _, 40 at most")


def _lint_all_styles(markup: TemplateMarkup) -> Iterator[TemplateFinding]:
    reports = [lint_stylesheet(block) for block in markup.styles]
    for report in reports:
        yield from report.faults
    sheets = [selector for report in reports for selector in report.blurred]
    for section in list_sections(markup):
        blurs = 0
        for element in walk_elements(section):
            inline = _lint_style_attribute(element)
            yield from inline.faults
            blurs += len(inline.blurred) + sum(_matches_element(one, element) for one in sheets)
        if blurs > MAX_BLURS_PER_SECTION:
            message = f"the section blurs {blurs} elements: blur {MAX_BLURS_PER_SECTION} at most"
            yield _fault(section, "TOO_MANY_BLURS", message)


def _lint_style_attribute(element: Element) -> StyleReport:
    if "style" not in element.attributes:
        return StyleReport([], [])
    return lint_inline_style(element.attributes["style"], element.line, element.column)


def _matches_element(selector: BlurredSelector, element: Element) -> bool:
    """Return whether an element may have a selector's style; classes that the engine adds count as its own."""
    own = set(element.attributes.get("class", "").split())
    added = {one for one in selector.classes if one.startswith("is-") or one in {"plate", "no-photo"}}
    return selector.tag in {None, element.tag} and selector.classes - added <= own
