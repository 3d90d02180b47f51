"""Roles of pictures: told by their pixels, for any size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from generation.picture_roles import read_picture_traits
from schemas.pictures import PictureRole


def screen(size: tuple[int, int]) -> Image.Image:
    image = Image.new("RGB", size, "#f4f4fb")
    draw = ImageDraw.Draw(image)
    for number in range(8):
        top = 60 + number * size[1] // 9
        draw.text((60, top), f"Entry number {number}", fill="#202028", font_size=44)
        draw.ellipse((size[0] - 150, top, size[0] - 90, top + 60), fill=("#e4572e", "#2e86e4", "#76b041")[number % 3])
        draw.rectangle((60, top + 80, size[0] // 2, top + 86), fill=("#b0b0c0", "#d0a0e0")[number % 2])
    return image


def framed() -> Image.Image:
    image = Image.new("RGB", (1000, 2000), "#ff7700")
    ImageDraw.Draw(image).text((90, 120), "Every trip, at a glance", fill="black", font_size=80)
    image.paste(screen((660, 1300)), (170, 560))
    return image


def noise(size: tuple[int, int]) -> Image.Image:
    pixels = np.random.default_rng(1).integers(0, 255, (size[1] // 8, size[0] // 8, 3), np.uint8)
    return Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC)


def drawn_on_nothing(size: tuple[int, int]) -> Image.Image:
    image = Image.new("RGBA", size)
    ImageDraw.Draw(image).ellipse((size[0] // 8, size[1] // 8, size[0] * 7 // 8, size[1] * 7 // 8), fill="#d02030")
    return image


def thing_on_nothing() -> Image.Image:
    image = noise((900, 900)).convert("RGBA")
    image.putalpha(drawn_on_nothing((900, 900)).getchannel("A"))
    return image


PICTURES: dict[PictureRole, Image.Image] = {
    "photo": noise((1200, 900)),
    "screenshot": screen((1080, 2200)),
    "framed": framed(),
    "logo": drawn_on_nothing((400, 400)),
    "wordmark": drawn_on_nothing((900, 240)),
    "product": thing_on_nothing(),
}


@pytest.mark.parametrize("role", PICTURES)
def test_each_role_is_told_and_a_partner_decides(role: PictureRole) -> None:
    assert read_picture_traits(PICTURES[role]).role == role
    assert read_picture_traits(PICTURES[role], declared="person").role == "person"


def test_the_focus_lies_on_the_subject() -> None:
    image = Image.new("RGB", (1200, 800), "#dfe7ee")
    image.paste(noise((240, 240)), (860, 500))
    traits = read_picture_traits(image)
    assert 0.7 < traits.focus[0] < 0.95
    assert 0.6 < traits.focus[1] < 0.95
    assert traits.subject is not None
    assert traits.subject[0] > 0.6


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 3000), st.integers(1, 3000), st.sampled_from(["RGB", "RGBA"]))
def test_any_size_has_traits(width: int, height: int, mode: str) -> None:
    traits = read_picture_traits(Image.new(mode, (width, height)))
    assert all(0 <= share <= 1 for share in (*traits.focus, *(traits.subject or ())))
