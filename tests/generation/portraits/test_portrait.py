"""Portraits: the same presenter, the same picture; another seed, another person."""

from itertools import product
from typing import get_args

import pytest

from generation.portraits.looks import look
from generation.portraits.portrait import portrait
from generation.spec import AgeRange, Gender, Presenter
from generation.theme import theme

THEME = theme(["#0b6e99"])
GENDERS: tuple[Gender, ...] = get_args(Gender)
AGES: tuple[AgeRange, ...] = get_args(AgeRange)


def presenter(seed: str, gender: Gender = "female", age: AgeRange = "adult") -> Presenter:
    return Presenter(name="Mira", gender=gender, age_range=age, seed=seed)


@pytest.mark.parametrize(("gender", "age"), list(product(GENDERS, AGES)))
def test_any_gender_and_age_gives_a_picture_of_the_size(gender: Gender, age: AgeRange) -> None:
    drawn = portrait(presenter("any", gender, age), THEME, 64)
    assert (drawn.mode, drawn.size) == ("RGB", (64, 64))


def test_the_same_presenter_has_the_same_picture() -> None:
    first, again = (portrait(presenter("one"), THEME, 64).tobytes() for _ in range(2))
    assert first == again


def test_skin_hair_and_eyes_know_nothing_of_gender_and_age() -> None:
    """So each is as frequent for all of them; grey hair is what age adds."""
    for number in range(100):
        people = [look(presenter(f"{number}", gender, age)) for gender, age in product(GENDERS, AGES[:3])]
        assert len({(one.skin, one.hair, one.eyes, one.curl) for one in people}) == 1
