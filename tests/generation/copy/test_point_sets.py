"""Pieces of a brand with few texts differ in their points, and a hook with a number names the shown ones."""

import re

import pytest

from generation.copy.write import write_piece_copy
from generation.spec import BrandSnapshot, PieceCopy, PieceSpec

SENTENCES = [
    "See high and low water for each day.",
    "Plan your walk around the spring tide.",
    "Get a warning before a storm surge.",
    "Share the harbour's table with your crew.",
]
NUMBERS = re.compile(r"\d+")


def pieces(count: int) -> list[PieceCopy]:
    brand = BrandSnapshot(name="Ebbwell", descriptions=[" ".join(SENTENCES[:count])], language="en")
    return [write_piece_copy(PieceSpec(format="slideshow", brand=brand, seed=f"seed-{number}")) for number in range(10)]


@pytest.mark.parametrize("count", [3, 4])
def test_ten_pieces_of_few_sentences_have_several_sets_of_points(count: int) -> None:
    sets = {frozenset(point.text for point in copy.points) for copy in pieces(count)}
    assert len(sets) >= count - 1
    assert min(len(one) for one in sets) >= 2


def test_a_number_in_the_hook_is_the_number_of_points() -> None:
    named = [(NUMBERS.findall(copy.hook.text), len(copy.points)) for count in (3, 4) for copy in pieces(count)]
    counted = [(numbers, points) for numbers, points in named if numbers]
    assert counted
    assert all(numbers == [str(points)] for numbers, points in counted)
