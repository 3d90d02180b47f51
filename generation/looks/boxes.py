"""Boxes of a drawn slide: the lines of its texts and the places of its pictures, from the engine's measurements."""

import math
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from generation.looks.filling import FilledSection, Node, TextPlace
from generation.text.cleaning import SOFT_HYPHEN

#: Width of a line's trailing blank, in em; the engine counts it as a part of the line.
TRAILING_BLANK_EM = 0.18
#: Largest distance between the middles of two runs on one line, in em.
_SAME_LINE_EM = 0.45
_UNSEEN_CHARACTERS = f"\u200b{SOFT_HYPHEN}"

Box = tuple[float, float, float, float]


class TextLine(NamedTuple):
    """A line of a text, and its box in the text's element, in pixels; `is_hyphenated` if it ends within a word."""

    text: str
    box: Box
    is_hyphenated: bool = False


class MeasuredText(NamedTuple):
    """A text's element as the engine lays it out; `lines` are in the order of reading."""

    place: TextPlace
    width: float
    height: float
    transform: tuple[float, ...]
    lines: list[TextLine]

    @property
    def drawn_size(self) -> float:
        """Return the font size as drawn, in pixels: a transform may change it."""
        a, b, c, d, _, _ = self.transform
        return self.place.size * math.sqrt(abs(a * d - b * c))

    def find_line_box_in_slide(self, line: TextLine) -> Box:
        """Return the bounding box of a line in the slide, also of a turned one."""
        return transform_box(line.box, self.transform)

    @property
    def box_in_slide(self) -> Box:
        return transform_box((0.0, 0.0, self.width, self.height), self.transform)


def match_texts(tree: dict[str, Any], section: FilledSection) -> list[MeasuredText]:
    """Return the layout of each text of a section that is displayed whole.

    The styles may hide some, and the engine leaves out lines outside of the slide.
    """
    found: list[MeasuredText] = []
    start = 0
    for node in (node for node in _walk_tree(tree) if node["runs"]):
        letters = _sort_letters("".join(run["text"] for run in node["runs"]))
        places = enumerate(section.texts[start:], start)
        number, place = next(((n, one) for n, one in places if _sort_letters(one.text) == letters), (start, None))
        if place is not None:
            lines = _read_lines(node, place)
            found.append(MeasuredText(place, node["width"], node["height"], tuple(node["transform"]), lines))
            start = number + 1
    return found


def match_pictures(tree: dict[str, Any], section: FilledSection) -> list[tuple[Node, Box]]:
    """Return each picture of a section with its box in the slide, as far as the engine's tree shows it."""
    return list(_match_picture_nodes(tree, section.root))


def _match_picture_nodes(measured: dict[str, Any], node: Node) -> Iterator[tuple[Node, Box]]:
    if node.picture:
        yield node, transform_box((0.0, 0.0, measured["width"], measured["height"]), tuple(measured["transform"]))
    children = [one for one in node.children if isinstance(one, Node)]
    if len(children) == len(measured["children"]):
        for inner, child in zip(measured["children"], children, strict=True):
            yield from _match_picture_nodes(inner, child)


def _walk_tree(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node["children"]:
        yield from _walk_tree(child)


def _sort_letters(text: str) -> str:
    """Return a text's letters in a fixed order: the engine reorders and capitalizes."""
    return "".join(sorted(fold_letters(text)))


def _read_lines(node: dict[str, Any], place: TextPlace) -> list[TextLine]:
    rows: dict[float, list[dict[str, Any]]] = {}
    for run in node["runs"]:
        middle = run["y"] + run["height"] / 2
        near = next((one for one in rows if abs(one - middle) < _SAME_LINE_EM * place.size), middle)
        rows.setdefault(near, []).append(run)
    ordered = [rows[middle] for middle in sorted(rows)]
    counts = [sum(_count_letters(run["text"]) for run in row) for row in ordered]
    texts = split_text_by_letter_counts(place.text, counts)
    boxes = _separate_rows([_measure_row(row, place.size) for row in ordered])
    return [
        TextLine(_remove_unseen(text), box, text.endswith(SOFT_HYPHEN)) for text, box in zip(texts, boxes, strict=True)
    ]


def _separate_rows(boxes: list[Box]) -> list[Box]:
    """Return the boxes of lines, cut where close lines overlap: each ends in the middle between their middles."""
    middles = [(box[1] + box[3]) / 2 for box in boxes]
    borders = [(above + below) / 2 for above, below in pairwise(middles)]
    tops, bottoms = [boxes[0][1], *borders], [*borders, boxes[-1][3]]
    return [
        (box[0], max(box[1], top), box[2], min(box[3], bottom))
        for box, top, bottom in zip(boxes, tops, bottoms, strict=True)
    ]


def _remove_unseen(text: str) -> str:
    return "".join(char for char in text if char not in _UNSEEN_CHARACTERS)


def _measure_row(row: list[dict[str, Any]], size: int) -> Box:
    seen = [run for run in row if run["text"].strip(_UNSEEN_CHARACTERS + " ")] or row
    right = max(run["x"] + run["width"] - TRAILING_BLANK_EM * size * run["text"].endswith(" ") for run in seen)
    top = min(run["y"] for run in seen)
    return min(run["x"] for run in seen), top, right, max(run["y"] + run["height"] for run in seen)


def split_text_by_letter_counts(text: str, counts: list[int]) -> list[str]:
    """Return a text cut into lines with these numbers of letters."""
    lines, start, end = [], 0, 0
    for number, count in enumerate(counts, 1):
        left = count
        while end < len(text) and (left > 0 or number == len(counts)):
            left -= _count_letters(text[end])
            end += 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        end += text[end : end + 1] == SOFT_HYPHEN
        lines.append(text[start:end].strip())
        start = end
    return lines


def fold_letters(text: str) -> str:
    """Return a text's letters without cases, marks and blanks, as many for capitals ("SS") as for others ("ß")."""
    folded = unicodedata.normalize("NFD", text.casefold())
    return "".join(
        char
        for char in folded
        if not char.isspace() and char not in _UNSEEN_CHARACTERS and not unicodedata.combining(char)
    )


def _count_letters(text: str) -> int:
    return len(fold_letters(text))


def transform_box(box: Box, transform: tuple[float, ...]) -> Box:
    """Return the bounding box of a box under an affine transform of six numbers."""
    a, b, c, d, e, f = transform
    corners = [(x, y) for x in (box[0], box[2]) for y in (box[1], box[3])]
    across = [a * x + c * y + e for x, y in corners]
    down = [b * x + d * y + f for x, y in corners]
    return min(across), min(down), max(across), max(down)
