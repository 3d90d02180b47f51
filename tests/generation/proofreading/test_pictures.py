"""Proofreader of pictures: quiet on untouched pieces, loud on texts moved, faded, cut, doubled, unknown or missing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import msgspec
import pytest
from PIL import Image, ImageEnhance

from generation.copy.write import write_piece_copy
from generation.outputs import MeasuredDrawnTextLine, RenderedFile
from generation.proofreading import read
from generation.proofreading.pictures import find_picture_faults, measure_text_box_contrast
from generation.render import PieceInputFiles, prepare_piece
from generation.spec import BrandSnapshot, PieceCopy, PieceSpec, Presenter
from tests.generation.copy.brands import TIDELINE
from tests.generation.slides.test_deck import copy

SPEC = PieceSpec(format="image", brand=BrandSnapshot(name="Tideline", colors=["#0b6e99"]), seed="1")
COPY = copy(hook="Know the tide before you go")


class Drawn(NamedTuple):
    folder: Path
    made: RenderedFile


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    folder = tmp_path_factory.mktemp("drawn")
    [made] = [
        step.made
        for step in prepare_piece(SPEC, COPY, PieceInputFiles()).render_files_and_yield_progress(folder)
        if step.made
    ]
    return Drawn(folder, made)


def rules(drawn: Drawn, made: RenderedFile, spec: PieceSpec = SPEC, said: PieceCopy = COPY) -> set[str]:
    return {one.rule for one in find_picture_faults([made], drawn.folder, spec, said)}


def test_an_untouched_piece_has_no_fault(drawn: Drawn) -> None:
    assert find_picture_faults([drawn.made], drawn.folder, SPEC, COPY) == []


Change: TypeAlias = Callable[[MeasuredDrawnTextLine], dict[str, Any]]

MUTANTS: list[tuple[str, Change]] = [
    ("zone", lambda one: {"box": (one.box[0] - 140, one.box[1], one.box[2] - 140, one.box[3])}),
    ("cut", lambda _: {"is_cut": True}),
    ("small", lambda _: {"size": 12}),
    ("glyph", lambda _: {"text": "ᏣᎳᎩ"}),
    ("unsaid", lambda one: {"text": one.text + " today"}),
    ("overlap", lambda one: {"box": (one.box[0], one.box[1], one.box[2], one.box[3] + 400)}),
    ("contrast", lambda _: {"box": (500, 700, 700, 760)}),
]


@pytest.mark.parametrize(("rule", "change"), MUTANTS)
def test_a_change_is_found(drawn: Drawn, rule: str, change: Change) -> None:
    first, *others = drawn.made.shown
    changed = msgspec.structs.replace(first, **change(first))
    assert rule in rules(drawn, msgspec.structs.replace(drawn.made, shown=[changed, *others]))


def test_a_missing_line_and_a_wrong_aspect_are_found(drawn: Drawn) -> None:
    assert "missing" in rules(drawn, msgspec.structs.replace(drawn.made, shown=drawn.made.shown[:1]))
    assert "size" in rules(drawn, drawn.made, msgspec.structs.replace(SPEC, aspect="1:1"))


@pytest.mark.parametrize(("strength", "is_legible"), [(1.0, True), (0.3, False)])
def test_faded_text_is_found_on_the_pixels_alone(drawn: Drawn, strength: float, *, is_legible: bool) -> None:
    with Image.open(drawn.folder / drawn.made.name) as image:
        faded = ImageEnhance.Contrast(image).enhance(strength)
    measured = [measure_text_box_contrast(faded, one.box) for one in drawn.made.shown]
    assert all((value >= 4.5) == is_legible for value in measured), measured


def test_an_undisclosed_presenter_is_found(tmp_path: Path) -> None:
    mira = Presenter(name="Mira", gender="female", age_range="adult", seed="1")
    spec = PieceSpec(format="image", brand=TIDELINE, seed="2", aspect="1:1", presenter=mira)
    said = write_piece_copy(spec)
    [made] = [
        step.made
        for step in prepare_piece(spec, said, PieceInputFiles()).render_files_and_yield_progress(tmp_path)
        if step.made
    ]
    assert read.find_piece_faults([made], tmp_path, spec, said) == []

    def found(file: RenderedFile, of: PieceCopy = said) -> set[tuple[str, str]]:
        return {(one.place, one.found) for one in read.find_disclosure_faults([file], spec, of)}

    silent = [one for one in made.shown if one.name != "presenter"]
    line = said.labels.presenter
    assert found(msgspec.structs.replace(made, shown=silent)) == {(made.name, "Mira"), (made.name, line)}
    assert found(made, msgspec.structs.replace(said, caption="Mira")) == {("caption", line)}
    assert not list(read.find_disclosure_faults([made], msgspec.structs.replace(spec, presenter=None), said))
