"""Portraits: the same presenter gives the same picture, another seed another person."""

import hashlib
import math
from collections import Counter
from itertools import combinations, product
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from generation.color import RGB, rgb_to_oklch
from generation.portraits import tones
from generation.portraits.curves import mirror_half_shape
from generation.portraits.hair_styles import HAIR_STYLES as DRAWN
from generation.portraits.head import FACE_HALF_OUTLINE, head_shape_of_look
from generation.portraits.looks import (
    CLOTHING_TOP_WEIGHTS,
    GLASSES_WEIGHTS,
    HAIR_CURL_WEIGHTS,
    PresenterLook,
    derive_presenter_look,
)
from generation.portraits.portrait import draw_presenter_portrait, map_head_point_to_portrait
from generation.render import RENDERER_VERSION
from generation.spec import AgeRange, Gender, Presenter
from generation.theme import derive_piece_color_theme

THEME = derive_piece_color_theme(["#0b6e99"])
GENDERS: tuple[Gender, ...] = get_args(Gender)
AGES: tuple[AgeRange, ...] = get_args(AgeRange)
ANY = st.builds(
    Presenter, name=st.just("Mira"), gender=st.sampled_from(GENDERS), age_range=st.sampled_from(AGES), seed=st.text()
)
#: Minimum mean difference of two people's pixels, of 255: side by side, they are clearly two people.
ALIKE = 3.0
#: Hashes of pixels: equal with Python 3.11 and 3.13.
GOLDEN: dict[Gender, str] = {"female": "f84db07353c4586e", "male": "048c9e0dc5ac6e40", "non_binary": "0588d335be28baef"}


def presenter(seed: str, gender: Gender = "female", age: AgeRange = "adult") -> Presenter:
    return Presenter(name="Mira", gender=gender, age_range=age, seed=seed)


@settings(max_examples=20, deadline=None)
@given(ANY)
def test_any_presenter_gets_their_skin_and_the_brands_ground(anybody: Presenter) -> None:
    drawn = draw_presenter_portrait(anybody, THEME, 100)
    seen = derive_presenter_look(anybody)
    assert (drawn.mode, drawn.size) == ("RGB", (100, 100))
    cheek = rgb_to_oklch(pixel(drawn, map_head_point_to_portrait(seen, (-66, 525))))
    assert abs(cheek.lightness - seen.skin.lightness) < 0.09
    corner = rgb_to_oklch(pixel(drawn, (0.02, 0.98)))
    assert abs(corner.hue - rgb_to_oklch(THEME.vivid.tints[0]).hue) < 25


def pixel(image: Image.Image, place: tuple[float, float]) -> RGB:
    found = image.getpixel((round(place[0] * (image.width - 1)), round(place[1] * (image.height - 1))))
    assert isinstance(found, tuple)
    return found[0], found[1], found[2]


@given(ANY)
def test_a_face_lies_within_the_disc_that_slides_cut_out(anybody: Presenter) -> None:
    seen = derive_presenter_look(anybody)
    for point in head_shape_of_look(seen).fit_points_to_head(mirror_half_shape(FACE_HALF_OUTLINE)):
        x, y = map_head_point_to_portrait(seen, point)
        assert math.hypot(x - 0.5, y - 0.5) < 0.47
    assert map_head_point_to_portrait(seen, (0, DRAWN[seen.style].top_y))[1] > 0.04


def test_the_same_presenter_has_the_same_picture_whatever_the_name() -> None:
    one = draw_presenter_portrait(presenter("one"), THEME, 64)
    other = draw_presenter_portrait(Presenter(name="Nova", gender="female", age_range="adult", seed="one"), THEME, 64)
    assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("count", [40, pytest.param(200, marks=pytest.mark.long)])
def test_no_two_presenters_look_alike(count: int) -> None:
    people = [draw_presenter_portrait(presenter(str(number)), THEME, 40) for number in range(count)]
    pixels = np.stack([np.asarray(one, np.int16).ravel() for one in people])
    nearest = min(np.abs(pixels[number + 1 :] - pixels[number]).mean(axis=1).min() for number in range(len(people) - 1))
    assert nearest > ALIKE


def test_skin_hair_and_eyes_are_independent_of_gender_and_age() -> None:
    """So each is as frequent for every gender and age; only grey hair depends on age."""
    for number in range(100):
        people = [
            derive_presenter_look(presenter(f"{number}", gender, age)) for gender, age in product(GENDERS, AGES[:3])
        ]
        assert len({(one.skin, one.hair, one.eyes, one.curl) for one in people}) == 1


def test_skin_curl_and_clothes_are_independent() -> None:
    """Each pair is about as frequent as its parts predict, so no skin has its own hair or clothes."""
    people = [derive_presenter_look(presenter(f"{number}")) for number in range(4000)]
    for one, other in combinations(("tone", "curl", "top", "eyes", "teeth"), 2):
        assert dependence([(getattr(each, one), getattr(each, other)) for each in people]) < 0.03


def dependence(pairs: list[tuple[object, object]]) -> float:
    """Return Cramér's V squared of two parts of looks: 0 for independent parts, 1 for full dependence."""
    both, first, second = (Counter(pairs), Counter(one for one, _ in pairs), Counter(other for _, other in pairs))
    total = len(pairs)
    expected = {(one, other): first[one] * second[other] / total for one, other in product(first, second)}
    chi = sum((both[pair] - count) ** 2 / count for pair, count in expected.items())
    return chi / total / (min(len(first), len(second)) - 1)


@pytest.mark.parametrize("gender", GENDERS)
def test_each_skin_curl_and_top_comes_in_each_gender_and_age(gender: Gender) -> None:
    for age in AGES:
        people = [derive_presenter_look(presenter(f"{number}", gender, age)) for number in range(400)]
        assert {one.tone for one in people} == set(range(len(tones.SKIN_TONES)))
        assert {one.curl for one in people} == set(HAIR_CURL_WEIGHTS)
        assert {one.top for one in people} == set(CLOTHING_TOP_WEIGHTS)
        assert {one.glasses for one in people} == {*GLASSES_WEIGHTS, "none"}


def test_older_is_greyer_and_has_more_lines() -> None:
    for number in range(50):
        people: list[PresenterLook] = [derive_presenter_look(presenter(f"{number}", "male", age)) for age in AGES]
        assert [one.aging.lines for one in people] == sorted(one.aging.lines for one in people)
        assert people[-1].hair in tones.GREY_HAIR_TONES


@pytest.mark.parametrize("gender", GOLDEN)
def test_portraits_match_the_renderer_version(gender: Gender) -> None:
    """A change of these pixels must change `RENDERER_VERSION`, so that a piece's renderer stays identifiable."""
    drawn = [draw_presenter_portrait(presenter("golden", gender, age), THEME, 80).tobytes() for age in AGES[::2]]
    assert (RENDERER_VERSION, hashlib.sha256(b"".join(drawn)).hexdigest()[:16]) == ("6", GOLDEN[gender])
