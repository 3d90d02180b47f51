"""Proofreader of copy: quiet on the writer's copy, loud on inserted text."""

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec
import pytest

from generation.copy.write import write_piece_copy
from generation.proofreading.words import find_copy_faults
from generation.spec import BrandSnapshot, CopyEvidence, CopyLine, PieceCopy, PieceSpec

TEXT = """Tideline shows high and low water for harbours. It works without a connection. Follow the harbours
that you sail to. Reminders tell you before the tide turns. Tideline is the best app of all."""
BRAND = BrandSnapshot(
    name="Tideline",
    taglines=["Know the tide before you go"],
    descriptions=[" ".join(TEXT.split())],
    keywords=["tide tables", "sailing"],
    links={"website": "https://tideline.example/"},
)
COPY = write_piece_copy(PieceSpec(format="slideshow", brand=BRAND, seed="1"))

Mutant: TypeAlias = Callable[[PieceCopy], dict[str, Any]]


def point(text: str, quote: str = TEXT, rule: Any = "clause") -> Mutant:
    """Replace the first point."""
    quoted = CopyEvidence(field="appDescription", quote=" ".join(quote.split()))
    line = CopyLine(text=text, rule=rule, evidence=[quoted])
    return lambda copy: {"points": [line, *copy.points[1:]]}


def hook(text: str) -> Mutant:
    return lambda copy: {"hook": msgspec.structs.replace(copy.hook, text=text, rule="formula")}


MUTANTS: list[tuple[str, Mutant]] = [
    ("number", hook("9 things to know about Tideline")),
    ("number", point("Shows high and low water for 12 harbours")),
    ("number", point("Follow 12 harbours", rule="model")),
    ("word", hook("Meet Seaflow")),
    ("word", point("Follow Seaflow harbours", rule="model")),
    ("word", point("Works without a network")),
    ("clause", point("High harbours for water")),
    ("claim", point("Tideline is the best app of all")),
    ("quote", point("Warns of storms", "Tideline warns of storms.")),
    ("word", lambda copy: {"caption": copy.caption + "\n\nLoved by sailors"}),
    ("claim", lambda _: {"tagline": CopyLine(text="No. 1: #1 of all", rule="clause")}),
]


def test_the_writers_copy_has_no_fault() -> None:
    assert len(COPY.points) >= 2
    assert find_copy_faults(COPY, BRAND) == []


@pytest.mark.parametrize(("rule", "mutant"), MUTANTS)
def test_inserted_text_is_found(rule: str, mutant: Mutant) -> None:
    mutated = msgspec.structs.replace(COPY, **mutant(COPY))
    assert rule in {one.rule for one in find_copy_faults(mutated, BRAND)}


def test_a_callers_hook_is_not_checked() -> None:
    spec = PieceSpec(format="slideshow", brand=BRAND, seed="1", hook="The best of 9,000 apps")
    assert find_copy_faults(write_piece_copy(spec), BRAND) == []
