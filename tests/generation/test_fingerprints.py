"""Fingerprints: the same picture in another size, quality or mode, and no other picture."""

import io

import pytest
from PIL import Image, ImageDraw

from generation.fingerprints import compute_fingerprint, is_same_picture
from tests.generation.test_picture_roles import noise, screen


def copy_as_jpeg(image: Image.Image, width: int, quality: int) -> Image.Image:
    small = image.resize((width, round(width * image.height / image.width)), Image.Resampling.LANCZOS)
    small.save(file := io.BytesIO(), "JPEG", quality=quality)
    return Image.open(file)


@pytest.mark.parametrize("image", [noise((1600, 1200)), screen((1080, 2200)), Image.new("RGB", (900, 900), "tan")])
@pytest.mark.parametrize(("width", "quality"), [(1500, 90), (641, 70), (320, 40)])
def test_a_copy_in_another_size_is_the_same_picture(image: Image.Image, width: int, quality: int) -> None:
    copy = compute_fingerprint(copy_as_jpeg(image, width, quality))
    assert is_same_picture(compute_fingerprint(image), copy)
    assert is_same_picture(compute_fingerprint(image.convert("RGBA")), copy)


def test_another_screen_crop_color_or_shape_is_another_picture() -> None:
    first = screen((1080, 2200))
    changed = first.copy()
    ImageDraw.Draw(changed).text((60, 1000), "A line more, in a list of entries", fill="#202028", font_size=60)
    photo = noise((1600, 1200))
    others = [changed, photo, photo.crop((0, 0, 1200, 900)), photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    others += [Image.new("RGB", (900, 900), "tan"), Image.new("RGB", (900, 900), "teal"), Image.new("RGB", (900, 700))]
    prints = [compute_fingerprint(one) for one in (first, *others)]
    assert not [1 for number, one in enumerate(prints) for other in prints[:number] if is_same_picture(one, other)]
