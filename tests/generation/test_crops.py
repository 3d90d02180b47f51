"""Crops: a part of the right shape inside the picture, with its subject, for any size and place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from generation.attention import ShareBox
from generation.crops import find_crop, find_position_shares
from generation.frame import PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT
from generation.picture_roles import read_picture_traits
from generation.spec import AspectRatio
from tests.generation.test_picture_roles import noise

SIDES = st.integers(1, 8000)
SHARES = st.floats(0, 1)
#: Rounding of shares.
EPSILON = 1e-9


@st.composite
def subjects(draw: st.DrawFn) -> ShareBox:
    left, right = sorted((draw(SHARES), draw(SHARES)))
    top, bottom = sorted((draw(SHARES), draw(SHARES)))
    return left, top, right, bottom


@given(st.tuples(SIDES, SIDES), st.tuples(SIDES, SIDES), st.tuples(SHARES, SHARES), subjects())
def test_a_crop_has_its_boxes_shape_and_holds_the_subject_or_is_held_by_it(
    picture: tuple[int, int], box: tuple[int, int], focus: tuple[float, float], subject: ShareBox
) -> None:
    crop = find_crop(picture, box, focus, subject)
    assert -EPSILON <= crop[0] < crop[2] <= 1 + EPSILON
    assert -EPSILON <= crop[1] < crop[3] <= 1 + EPSILON
    shown = (crop[2] - crop[0]) * picture[0], (crop[3] - crop[1]) * picture[1]
    assert shown[0] * box[1] == pytest.approx(shown[1] * box[0])
    for low, high in ((0, 2), (1, 3)):
        first, last = min(crop[low], subject[low]), max(crop[high], subject[high])
        assert last - first <= max(crop[high] - crop[low], subject[high] - subject[low]) + EPSILON
    assert all(0 <= share <= 1 for share in find_position_shares(crop))


@pytest.mark.parametrize("aspect", PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT)
@pytest.mark.parametrize("size", [(1200, 800), (600, 1400), (1600, 500)])
@pytest.mark.parametrize("at", [(0.02, 0.04), (0.8, 0.1), (0.45, 0.5), (0.05, 0.78), (0.84, 0.8)])
def test_the_subject_of_a_picture_stays_in_each_aspect(
    aspect: AspectRatio, size: tuple[int, int], at: tuple[float, float]
) -> None:
    image, side = Image.new("RGB", size, "#dfe7ee"), min(size) // 6
    place = round(at[0] * size[0]), round(at[1] * size[1])
    image.paste(noise((200, 200)).resize((side, side)), place)
    traits = read_picture_traits(image)
    crop = find_crop(size, PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT[aspect].size, traits.focus, traits.subject)
    for axis in (0, 1):
        middle = (place[axis] + side / 2) / size[axis]
        assert crop[axis] <= middle <= crop[axis + 2]


@pytest.mark.parametrize("size", [(1, 1), (1, 20), (20, 1), (2, 3)])
def test_the_smallest_pictures_have_a_crop(size: tuple[int, int]) -> None:
    traits = read_picture_traits(Image.new("RGB", size, "tan"))
    assert find_crop(size, (1080, 1350), traits.focus, traits.subject)
