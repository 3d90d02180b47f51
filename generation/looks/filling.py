"""Filling: a template's section with a slide's texts and pictures, as markup for the engine."""

import html
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from generation.looks.template import Element, SlideKind
from generation.spec import AspectRatio

#: Class of a section for each aspect.
CLASS_BY_ASPECT: Mapping[AspectRatio, str] = {"4:5": "a45", "9:16": "a916", "1:1": "a11"}
#: Position of each aspect's box in `data-box`.
_BOX_ORDER: Sequence[AspectRatio] = ("4:5", "9:16", "1:1")
#: Class of each element with text, by which a stylesheet hides all texts.
TEXT_CLASS = "t"
#: Slot of the presenter's disclosure: a section without it can't show a slide that needs it.
PRESENTER_SLOT = "presenter"
#: Class of each line's plate of a slot with `data-plates`.
PLATE_CLASS = "plate"
_SIDES_PATTERN = re.compile(r"(\d+)x(\d+)")


class SlidePicture(NamedTuple):
    """A picture of a slide: its name in the engine, its size and its traits."""

    name: str
    size: tuple[int, int]
    role: str = "photo"
    focus: tuple[float, float] = (0.5, 0.5)
    subject: tuple[float, float, float, float] | None = None
    is_cut_out: bool = False


class SlideContent(NamedTuple):
    """Texts by slot, items, and pictures by slot of one slide."""

    kind: SlideKind
    texts: Mapping[str, str]
    items: Sequence[str] = ()
    pictures: Mapping[str, SlidePicture] = {}


@dataclass
class Node:
    """A filled element; `picture` is an `img`'s."""

    tag: str
    attributes: dict[str, str]
    children: "list[Node | str]" = field(default_factory=list)
    picture: SlidePicture | None = None
    style: dict[str, str] = field(default_factory=dict)

    def to_markup(self) -> str:
        attributes = {name: value for name, value in self.attributes.items() if not name.startswith("data-")}
        if self.style:
            attributes["style"] = ";".join(f"{name}:{value}" for name, value in self.style.items())
        written = "".join(f' {name}="{html.escape(value)}"' for name, value in attributes.items())
        if self.tag in {"img", "br"}:
            return f"<{self.tag}{written}>"
        inner = "".join(one if isinstance(one, str) else one.to_markup() for one in self.children)
        return f"<{self.tag}{written}>{inner}</{self.tag}>"


@dataclass
class TextPlace:
    """A text in a filled section, with the room that its slot declares, in pixels.

    `plates` is the element to hold a plate for each line, if the slot has `data-plates`.
    """

    node: Node
    slot: str
    text: str
    width: int
    height: int
    least_size: int
    most_size: int
    most_lines: int
    is_optional: bool
    plates: Node | None = None
    size: int = 0

    def set_text(self, text: str) -> None:
        self.text = text
        self.node.children = [html.escape(text, quote=False).replace("\n", "<br>")]

    def set_size(self, size: int) -> None:
        self.size = size
        self.node.style["font-size"] = f"{size}px"


class FilledSection(NamedTuple):
    """A filled section with its texts, in the order of the document."""

    root: Node
    texts: list[TextPlace]

    @property
    def pictures(self) -> list[Node]:
        return [node for node in walk_nodes(self.root) if node.picture]


def find_missing_parts(section: Element, content: SlideContent) -> list[str]:
    """Return the slots that a section requires and the slide lacks."""
    slots = [one.attributes for one in walk_elements(section) if "data-slot" in one.attributes]
    if content.texts.get(PRESENTER_SLOT) and not any(one["data-slot"] == PRESENTER_SLOT for one in slots):
        return [PRESENTER_SLOT]
    required = [one["data-slot"] for one in slots if "data-optional" not in one]
    has = {**content.texts, **content.pictures, "items": content.items, "item": content.items, "number": content.items}
    pictures = {one["data-slot"] for one in slots if "data-box" not in one} - {"items"}
    return [slot for slot in required if not has.get(slot) and (slot in pictures or slot in {"headline", "items"})]


def fill_section(
    section: Element, content: SlideContent, aspect: AspectRatio, dropped: Collection[str] = ()
) -> FilledSection:
    """Return a section with a slide's texts and pictures; an element with nothing but empty slots is left out."""
    places: list[TextPlace] = []
    root = _Filler(content, aspect, dropped, places).fill(section)
    return FilledSection(root or Node("section", {}), places)


class _Filler:
    def __init__(
        self, content: SlideContent, aspect: AspectRatio, dropped: Collection[str], places: list[TextPlace]
    ) -> None:
        self._content, self._aspect, self._dropped, self._places = content, aspect, dropped, places

    def fill(self, element: Element, item: tuple[int, str] | None = None) -> Node | None:
        slot = element.attributes.get("data-slot")
        attributes = {**element.attributes}
        declared = (part.partition(":") for part in attributes.pop("style", "").split(";"))
        node = Node(element.tag, attributes, style={name.strip(): value for name, colon, value in declared if colon})
        if slot == "items":
            rows = [one for one in element.children if isinstance(one, Element)][:1]
            filled = (self.fill(row, numbered) for row in rows for numbered in enumerate(self._content.items, 1))
            node.children = [one for one in filled if one]
            return node if node.children else None
        if slot and element.tag == "img":
            return self._fill_picture(node, slot)
        if slot:
            return self._fill_text(node, slot, item)
        filled = ((self.fill(one, item) if isinstance(one, Element) else None) for one in element.children)
        node.children = [one for one in filled if one]
        is_emptied = has_slot(walk_elements(element)) and not has_slot(walk_nodes(node))
        return None if is_emptied and element.tag != "section" else node

    def _fill_picture(self, node: Node, slot: str) -> Node | None:
        picture = self._content.pictures.get(slot)
        if picture is None or slot in self._dropped:
            return None
        node.picture = picture
        traits = [f"is-{picture.role}", *(["is-cut-out"] if picture.is_cut_out else [])]
        node.attributes["class"] = " ".join([node.attributes.get("class", ""), *traits]).strip()
        node.attributes["src"] = picture.name
        if picture.role == "framed":
            node.style["object-fit"] = "contain"
        elif picture.role != "screenshot":
            node.style["object-position"] = f"{picture.focus[0] * 100:.0f}% {picture.focus[1] * 100:.0f}%"
        return node

    def _fill_text(self, node: Node, slot: str, item: tuple[int, str] | None) -> Node | None:
        text = {"number": str(item[0]), "item": item[1]}.get(slot, "") if item else ""
        text = text or self._content.texts.get(slot, "")
        if not text or slot in self._dropped:
            return None
        width, height = read_box(node.attributes.get("data-box", ""), self._aspect)
        least, _, most = node.attributes.get("data-size", "24-36").partition("-")
        node.style["max-width" if "data-hug" in node.attributes else "width"] = f"{width}px"
        written = node
        if "data-plates" in node.attributes:
            written = Node("div", {"class": PLATE_CLASS}, style={"white-space": "normal"})
            node.children = [written]
        written.attributes["class"] = f"{written.attributes.get('class', '')} {TEXT_CLASS}".strip()
        place = TextPlace(
            written,
            slot,
            text,
            width,
            height,
            int(least),
            int(most or least),
            int(node.attributes.get("data-lines", "1")),
            "data-optional" in node.attributes,
            node if written is not node else None,
        )
        place.set_text(text)
        self._places.append(place)
        return node


def read_box(value: str, aspect: AspectRatio) -> tuple[int, int]:
    """Return the width and height that `data-box` declares for an aspect: three boxes, or one for all."""
    boxes = [(int(width), int(height)) for width, height in _SIDES_PATTERN.findall(value)]
    return boxes[min(_BOX_ORDER.index(aspect), len(boxes) - 1)] if boxes else (960, 400)


def has_slot(parts: Iterable["Node | Element"]) -> bool:
    return any("data-slot" in one.attributes for one in parts)


def walk_nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        if isinstance(child, Node):
            yield from walk_nodes(child)


def walk_elements(element: Element) -> Iterator[Element]:
    yield element
    for child in element.children:
        if isinstance(child, Element):
            yield from walk_elements(child)
