"""Paint on pictures of any size."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from generation import paint

SIDES = st.integers(1, 8_000)
SIZES = st.tuples(SIDES, SIDES)


@given(inner=SIZES, outer=SIZES)
@example(inner=(800, 600), outer=(760, 570))
@example(inner=(1_600, 1_200), outer=(912, 684))
def test_any_picture_has_a_part_of_any_shape(inner: tuple[int, int], outer: tuple[int, int]) -> None:
    left, upper, right, lower = paint._find_covering_box(inner, outer)
    assert 0 <= left < right <= inner[0]
    assert 0 <= upper < lower <= inner[1]
    assert (right - left) * outer[1] == pytest.approx((lower - upper) * outer[0])


@given(st.tuples(st.integers(1, 64), st.integers(1, 64)), st.sampled_from(["RGB", "RGBA", "L"]))
def test_any_picture_covers_any_size(size: tuple[int, int], mode: str) -> None:
    assert paint.scale_and_crop_picture_to_size(Image.new(mode, (800, 600)), size).size == size


def test_transparent_parts_are_white() -> None:
    picture = Image.new("RGBA", (2, 1))
    picture.putpixel((1, 0), (200, 0, 0, 255))
    covered = paint.scale_and_crop_picture_to_size(picture, (2, 1))
    assert [covered.getpixel((x, 0)) for x in (0, 1)] == [(255, 255, 255), (200, 0, 0)]
