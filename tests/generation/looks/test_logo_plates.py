"""Plates of logos: no transparent logo vanishes on a ground of its look."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from generation.color import RGB, contrast_ratio
from generation.looks.logo_plates import MIN_LOGO_CONTRAST, place_on_plate

COLORS = st.tuples(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
#: Steps of a measured color.
ROUNDING = 0.25


def draw_wordmark(ink: RGB) -> Image.Image:
    logo = Image.new("RGBA", (400, 80))
    ImageDraw.Draw(logo).rectangle((20, 10, 380, 70), fill=(*ink, 255))
    return logo


@settings(max_examples=60, deadline=None)
@given(COLORS, st.lists(COLORS, min_size=1, max_size=4))
def test_the_ink_can_be_told_from_each_ground_or_from_its_plate(ink: RGB, grounds: list[RGB]) -> None:
    shown = place_on_plate(draw_wordmark(ink), grounds)
    plate = shown.getpixel((shown.width // 2, 4))
    assert isinstance(plate, tuple)
    under = [plate[:3]] if plate[3] == 255 else grounds
    assert all(contrast_ratio(ink, (one[0], one[1], one[2])) >= MIN_LOGO_CONTRAST - ROUNDING for one in under)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_an_opaque_or_legible_logo_has_no_plate(mode: str) -> None:
    logo = draw_wordmark((200, 30, 40)).convert(mode)
    assert place_on_plate(logo, [(255, 255, 255), (10, 12, 20)]) is logo
