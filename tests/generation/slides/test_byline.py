"""Bylines: each slide that shows a presenter has the name and the disclosure that they aren't real."""

from itertools import combinations
from typing import Any, get_args

import msgspec
import pytest

from generation.canvas import Canvas
from generation.copy.languages import LANGUAGE_TABLES, PRESENTER_DISCLOSURES
from generation.copy.write import build_slide_labels_in_language
from generation.frame import PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT
from generation.outputs import MeasuredDrawnTextLine
from generation.portraits.portrait import draw_presenter_portrait
from generation.slides.byline import build_presenter_byline
from generation.slides.deck import list_slideshow_slide_drawers
from generation.slides.hook import draw_single_image
from generation.slides.kit import SlideKit, SlidePresenter
from generation.spec import AspectRatio, PieceCopy, Presenter
from generation.theme import derive_piece_color_theme
from tests.generation.slides.test_deck import LONG, copy, line, screenshot, wrong
from tests.generation.slides.test_deck import kit as plain_kit

THEME = derive_piece_color_theme(["#0b6e99", "#ffd166"])
FACE = draw_presenter_portrait(Presenter(name="Mira", gender="female", age_range="adult", seed="seed"), THEME, 120)
ASPECTS: tuple[AspectRatio, ...] = get_args(AspectRatio)
NAMES = ("Mira", "光", "Maximiliane-Konstantina von und zu Hohenlohe-Waldenburg-Schillingsfürst")
CASES = [*zip(ASPECTS, ["en"] * 3, NAMES, strict=True), *((one, "ar", "ميرا") for one in ASPECTS)]
#: Height of the button at the bottom of a slide.
BUTTON = 100


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


@pytest.mark.parametrize(("aspect", "language", "name"), CASES, ids=str)
def test_hook_and_end_disclose_the_presenter(aspect: AspectRatio, language: str, name: str) -> None:
    made = kit(language, aspect, name=name)
    deck = list_slideshow_slide_drawers(made, said(language))
    for canvas in (deck[0](), deck[-1]()):
        assert {mark.name for mark in shown(canvas)} == {"presenter", "disclosure"}
        assert [problem for problem in wrong(canvas) if "is_cut=True" not in problem] == []
        assert [mark for mark in shown(canvas) if mark.is_cut and mark.name == "disclosure"] == []
        assert over_each_other(canvas) == []


@pytest.mark.parametrize("aspect", ASPECTS)
def test_a_single_image_discloses_the_presenter_above_its_button(aspect: AspectRatio) -> None:
    made = kit("en", aspect)
    canvas = draw_single_image(made, said("en"))
    assert {mark.name for mark in shown(canvas)} == {"presenter", "disclosure"}
    assert max(mark.box[3] for mark in shown(canvas)) < made.frame.bottom - BUTTON


@pytest.mark.parametrize("aspect", ASPECTS)
def test_long_names_and_taglines_leave_the_presenter_room(aspect: AspectRatio) -> None:
    made = kit("de", aspect)._replace(name="Privatsphäre-Grundeinstellungen Benutzerkontenverwaltung")
    long = msgspec.structs.replace(said("de"), tagline=line(LONG))
    canvas = list_slideshow_slide_drawers(made, long)[-1]()
    assert ([*wrong(canvas)], over_each_other(canvas)) == ([], [])
    assert {mark.name for mark in canvas.marks} >= {"app", "presenter", "disclosure", "pill", "place"}


def test_devices_lie_below_the_byline() -> None:
    canvas = draw_single_image(kit("ar", "1:1", screenshots=(screenshot((1280, 720)),)), said("ar"))
    assert (wrong(canvas), over_each_other(canvas)) == ([], [])


@pytest.mark.parametrize("language", sorted({*LANGUAGE_TABLES, *PRESENTER_DISCLOSURES}))
def test_the_disclosure_fits_in_each_language(language: str) -> None:
    found = build_presenter_byline(kit(language, "9:16"), said(language))
    assert found is not None
    assert not found.disclosure.is_cut


def test_the_byline_starts_where_the_text_starts() -> None:
    lefts = [
        shown(list_slideshow_slide_drawers(kit(language), said(language))[0]())[0].box[0] for language in ("en", "ar")
    ]
    assert lefts[0] < PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT["4:5"].width / 2 < lefts[1]


def test_a_piece_without_a_presenter_has_no_byline() -> None:
    assert [mark for slide in list_slideshow_slide_drawers(plain_kit(), said("en")) for mark in shown(slide())] == []
