"""Shaping: from characters to the glyphs of a line, placed from left to right on its baseline."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import uharfbuzz as hb

from generation.text.direction import levels, visual_order
from generation.text.fonts import EM, EMOJI, TRACKED, font, font_of
from generation.text.scripts import graphemes, is_right_to_left


class Style(NamedTuple):
    """`tracking` is added after each letter but not between words, in em."""

    weight: int
    language: str
    tracking: float = 0.0


class Glyph(NamedTuple):
    """A glyph's id in its font, its place in units of an em, and the place in the text that it is of."""

    font: hb.Font
    id: int
    x: float
    y: float
    at: int


class Line(NamedTuple):
    """A shaped line, in em: `width` is its advance, `top` and `bottom` reach from the baseline to its ink."""

    text: str
    glyphs: tuple[Glyph, ...]
    width: float
    left: float
    right: float
    top: float
    bottom: float


class Run(NamedTuple):
    """Part of a line in one font, and its place there."""

    text: str
    font: str
    at: int


@lru_cache(maxsize=4096)
def shape(text: str, style: Style) -> Line:
    """One line of a text, however long. Raises `TextRefused`."""
    glyphs: list[Glyph] = []
    x = 0.0
    for run, level in visual_order([*_runs(text, style.language)]):
        x = _shape_run(run, x, style, glyphs, right_to_left=level % 2 == 1)
    left, right, top, bottom = _ink(glyphs)
    return Line(text, tuple(glyphs), x / EM, left / EM, right / EM, top / EM, bottom / EM)


def _runs(text: str, language: str) -> Iterator[tuple[Run, int]]:
    """Runs of one font and one level, in the order of the text. Spaces go with what they follow."""
    of_each = levels(text, right_to_left=is_right_to_left(language))
    current: tuple[Run, int] | None = None
    at = 0
    for cluster in graphemes(text):
        name, level, place = font_of(cluster, language), of_each[at], at
        at += len(cluster)
        if current and level == current[1] and (name == current[0].font or _joins(cluster, current[0])):
            current = current[0]._replace(text=current[0].text + cluster), level
            continue
        if current:
            yield current
        current = (Run(cluster, name, place), level) if name is not None else None
    if current:
        yield current


def _joins(cluster: str, run: Run) -> bool:
    return cluster == " " and run.font != EMOJI


def _shape_run(run: Run, x: float, style: Style, glyphs: list[Glyph], *, right_to_left: bool) -> float:
    """The place after a run whose glyphs were added to the line's."""
    chosen = font(run.font, style.weight)
    buffer = hb.Buffer()
    buffer.add_str(run.text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if right_to_left else "ltr"
    buffer.language = style.language
    hb.shape(chosen, buffer, {"kern": True, "liga": True, "calt": True})
    closer = style.tracking * EM if run.font in TRACKED else 0.0
    for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        glyphs.append(
            Glyph(chosen, info.codepoint, x + place.x_offset, place.y_offset, run.at + info.cluster)
        )
        is_letter = place.x_advance and run.text[info.cluster] != " "
        x += place.x_advance + (closer if is_letter else 0.0)
    return x


def _ink(glyphs: list[Glyph]) -> tuple[float, float, float, float]:
    """Left, right, top and bottom of all glyphs; the last two from the baseline up and down."""
    boxes = [(one, box) for one in glyphs if (box := one.font.get_glyph_extents(one.id)) and box.width]
    if not boxes:
        return 0.0, 0.0, 0.0, 0.0
    return (
        min(one.x + box.x_bearing for one, box in boxes),
        max(one.x + box.x_bearing + box.width for one, box in boxes),
        max(one.y + box.y_bearing for one, box in boxes),
        max(-(one.y + box.y_bearing + box.height) for one, box in boxes),
    )
