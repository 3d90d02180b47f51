"""Bylines: each slide that shows a presenter has the name and the disclosure that they aren't real."""

from itertools import combinations
from typing import Any

import msgspec
import pytest

from generation.canvas import Canvas
from generation.copy.languages import LANGUAGE_TABLES, PRESENTER_DISCLOSURES
from generation.copy.write import build_slide_labels_in_language
from generation.outputs import MeasuredDrawnTextLine
from generation.portraits.portrait import draw_presenter_portrait
from generation.slides.byline import build_presenter_byline
from generation.slides.kit import SlideKit, SlidePresenter
from generation.spec import AspectRatio, PieceCopy, Presenter
from generation.theme import derive_piece_color_theme
from tests.generation.slides.test_deck import LONG, copy
from tests.generation.slides.test_deck import kit as plain_kit

THEME = derive_piece_color_theme(["#0b6e99", "#ffd166"])
FACE = draw_presenter_portrait(Presenter(name="Mira", gender="female", age_range="adult", seed="seed"), THEME, 120)


def kit(language: str, aspect: AspectRatio = "4:5", *, name: str = "Mira", **changes: Any) -> SlideKit:
    return plain_kit(language, aspect, theme=THEME, presenter=SlidePresenter(name, FACE), **changes)


def said(language: str, hook: str = LONG) -> PieceCopy:
    return msgspec.structs.replace(
        copy("x", hook=hook, language=language), labels=build_slide_labels_in_language(language)
    )


def shown(canvas: Canvas) -> list[MeasuredDrawnTextLine]:
    return [mark for mark in canvas.marks if mark.name in {"presenter", "disclosure"}]


def over_each_other(canvas: Canvas) -> list[tuple[str, str]]:
    """Return pairs of overlapping texts; lines of one text may overlap."""
    return [
        (one.name, other.name)
        for one, other in combinations(canvas.marks, 2)
        if one.name != other.name and overlap(one.box, other.box)
    ]


def overlap(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@pytest.mark.parametrize("language", sorted({*LANGUAGE_TABLES, *PRESENTER_DISCLOSURES}))
def test_the_disclosure_fits_in_each_language(language: str) -> None:
    found = build_presenter_byline(kit(language, "9:16"), said(language))
    assert found is not None
    assert not found.disclosure.is_cut
