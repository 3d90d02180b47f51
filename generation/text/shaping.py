"""Shaping: from characters to the glyphs of a line, placed from left to right on its baseline.

The direction of letters follows the Unicode bidirectional algorithm (UAX 9), for one line of text.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeVar

import regex
import uharfbuzz as hb
from bidi import algorithm

from generation.text.fonts import (
    EMOJI_FONT_NAME,
    LETTER_SPACED_FONTS,
    SHAPED_EM_UNITS,
    font_name_for_grapheme,
    load_font_at_weight,
)
from generation.text.scripts import is_right_to_left_language, split_graphemes

Item = TypeVar("Item")

_RIGHT_TO_LEFT_LETTER_PATTERN = regex.compile(r"[\p{bidi_class=R}\p{bidi_class=AL}]")
_IGNORED_BIDI_PATTERN = regex.compile(r"\p{bidi_class=BN}")


class ShapingStyle(NamedTuple):
    """Style of shaped text; `tracking` in em is added after each letter but not between words."""

    weight: int
    language: str
    tracking: float = 0.0


class PlacedGlyph(NamedTuple):
    """A glyph's font and id, its place in units of an em, and its index in the text."""

    font: hb.Font
    id: int
    x: float
    y: float
    at: int


class ShapedTextLine(NamedTuple):
    """A shaped line with its lengths in em.

    `width` is its advance, `top` and `bottom` are its ink's distances from the baseline.
    """

    text: str
    glyphs: tuple[PlacedGlyph, ...]
    width: float
    left: float
    right: float
    top: float
    bottom: float


class FontRun(NamedTuple):
    """Part of a line in one font, and its index there."""

    text: str
    font: str
    at: int


@lru_cache(maxsize=4096)
def shape_text_line(text: str, style: ShapingStyle) -> ShapedTextLine:
    """Return a text of any length shaped as one line. Raises `UndrawableTextRefused` for a letter that no font has."""
    glyphs: list[PlacedGlyph] = []
    x = 0.0
    for run, level in order_bidi_runs_visually([*_split_font_runs(text, style.language)]):
        x = _shape_font_run(run, x, style, glyphs, right_to_left=level % 2 == 1)
    left, right, top, bottom = _measure_ink_extents(glyphs)
    return ShapedTextLine(
        text,
        tuple(glyphs),
        x / SHAPED_EM_UNITS,
        left / SHAPED_EM_UNITS,
        right / SHAPED_EM_UNITS,
        top / SHAPED_EM_UNITS,
        bottom / SHAPED_EM_UNITS,
    )


def _split_font_runs(text: str, language: str) -> Iterator[tuple[FontRun, int]]:
    """Yield a text's runs of one font and bidi level; a space joins the run before. Skip symbols that no font has."""
    of_each = bidi_embedding_levels(text, right_to_left=is_right_to_left_language(language))
    current: tuple[FontRun, int] | None = None
    at = 0
    for cluster in split_graphemes(text):
        name, level, place = font_name_for_grapheme(cluster, language), of_each[at], at
        at += len(cluster)
        if current and level == current[1] and (name == current[0].font or _joins_font_run(cluster, current[0])):
            current = current[0]._replace(text=current[0].text + cluster), level
            continue
        if current:
            yield current
        current = (FontRun(cluster, name, place), level) if name is not None else None
    if current:
        yield current


def _joins_font_run(cluster: str, run: FontRun) -> bool:
    return cluster == " " and run.font != EMOJI_FONT_NAME


def _shape_font_run(
    run: FontRun, x: float, style: ShapingStyle, glyphs: list[PlacedGlyph], *, right_to_left: bool
) -> float:
    """Append the glyphs of a run to `glyphs`, placed from `x` on. Return the x after the run."""
    chosen = load_font_at_weight(run.font, style.weight)
    buffer = hb.Buffer()
    buffer.add_str(run.text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if right_to_left else "ltr"
    buffer.language = style.language
    hb.shape(chosen, buffer, {"kern": True, "liga": True, "calt": True})
    closer = style.tracking * SHAPED_EM_UNITS if run.font in LETTER_SPACED_FONTS else 0.0
    for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        glyphs.append(PlacedGlyph(chosen, info.codepoint, x + place.x_offset, place.y_offset, run.at + info.cluster))
        is_letter = place.x_advance and run.text[info.cluster] != " "
        x += place.x_advance + (closer if is_letter else 0.0)
    return x


def _measure_ink_extents(glyphs: list[PlacedGlyph]) -> tuple[float, float, float, float]:
    """Return the left, right, top and bottom of the ink of all glyphs, the last two as distances from the baseline."""
    boxes = [(one, box) for one in glyphs if (box := one.font.get_glyph_extents(one.id)) and box.width]
    if not boxes:
        return 0.0, 0.0, 0.0, 0.0
    return (
        min(one.x + box.x_bearing for one, box in boxes),
        max(one.x + box.x_bearing + box.width for one, box in boxes),
        max(one.y + box.y_bearing for one, box in boxes),
        max(-(one.y + box.y_bearing + box.height) for one, box in boxes),
    )


def bidi_embedding_levels(text: str, *, right_to_left: bool) -> list[int]:
    """Return the bidi embedding level of each character of a line: odd levels run from right to left."""
    base = int(right_to_left)
    if not right_to_left and not _RIGHT_TO_LEFT_LETTER_PATTERN.search(text):
        return [0] * len(text)
    known = iter(_compute_bidi_levels(_IGNORED_BIDI_PATTERN.sub("", text), base))
    embedding: list[int] = []
    for char in text:
        # Joiners are ignored (rule X9): they keep the level of the character before them.
        embedding.append((embedding[-1] if embedding else base) if _IGNORED_BIDI_PATTERN.match(char) else next(known))
    return embedding


def _compute_bidi_levels(text: str, base: int) -> list[int]:
    storage = algorithm.get_empty_storage()
    storage["base_level"], storage["base_dir"] = base, "LR"[base]
    algorithm.get_embedding_levels(text, storage)
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    algorithm.resolve_neutral_types(storage, debug=False)
    algorithm.resolve_implicit_levels(storage, debug=False)
    return [char["level"] for char in storage["chars"]]


def order_bidi_runs_visually(runs: Sequence[tuple[Item, int]]) -> list[tuple[Item, int]]:
    """Return a line's runs with their bidi levels, in visual order from left to right (UAX 9, rule L2)."""
    order = list(runs)
    for level in range(max((level for _, level in order), default=0), 0, -1):
        start = 0
        while start < len(order):
            end = start
            while end < len(order) and order[end][1] >= level:
                end += 1
            order[start:end] = reversed(order[start:end])
            start = max(end, start + 1)
    return order
