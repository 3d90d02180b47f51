"""Provenance of a generated item's lines, including the disclosure of a fictional presenter."""

from domain.content.generated import provenance
from generation.copy.write import write
from generation.spec import Presenter, Spec
from tests.generation.copy.brands import TIDELINE


def test_the_line_about_a_presenter_is_a_formula_around_the_name() -> None:
    presenter = Presenter(name="Mira", gender="female", age_range="adult", seed="1")
    copy = write(Spec(format="image", brand=TIDELINE, seed="1", presenter=presenter))
    [line] = [one for one in provenance(copy) if one.quote == "Mira"]
    assert (line.rule, line.field) == ("formula", "caller")
    assert line.line in copy.caption
