"""Proofreader of presenters: quiet on untouched pieces, loud without the disclosure."""

from pathlib import Path

import msgspec

from generation.copy.write import write_copy
from generation.outputs import OutputFile
from generation.proofreading.read import faults as all_faults
from generation.proofreading.read import find_presenter_faults as faults
from generation.render import InputFiles, prepare_piece
from generation.spec import PieceCopy, PieceSpec, Presenter
from tests.generation.copy.brands import TIDELINE

MIRA = Presenter(name="Mira", gender="female", age_range="adult", seed="1")
SPEC = PieceSpec(format="image", brand=TIDELINE, seed="1", aspect="1:1", presenter=MIRA)
COPY = write_copy(SPEC)


def found(made: OutputFile, copy: PieceCopy = COPY) -> set[tuple[str, str]]:
    return {(one.place, one.found) for one in faults([made], SPEC, copy)}


def test_an_undisclosed_presenter_is_found(tmp_path: Path) -> None:
    [made] = [step.made for step in prepare_piece(SPEC, COPY, InputFiles()).make(tmp_path) if step.made]
    assert all_faults([made], tmp_path, SPEC, COPY) == []
    silent = [one for one in made.shown if one.name != "disclosure"]
    line = COPY.labels.presenter
    assert found(msgspec.structs.replace(made, shown=silent)) == {(made.name, line)}
    assert found(made, msgspec.structs.replace(COPY, caption="Mira")) == {("caption", line)}
    assert not list(faults([made], msgspec.structs.replace(SPEC, presenter=None), COPY))
