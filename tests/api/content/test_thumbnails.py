"""Thumbnails of uploads: small, upright, on white, and bounded whatever is sent."""

import io

import pytest
from PIL import Image

from tests import media
from tests.api.content.project import Project, file, film
from tests.media import picture


async def shown(project: Project, url: str) -> Image.Image:
    answer = await project.caller.http.get(url, headers={"Authorization": ""})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/jpeg")
    assert len(answer.content) < 200_000
    return Image.open(io.BytesIO(answer.content), formats=["JPEG"])


async def small(project: Project, content: bytes, kind: str) -> Image.Image:
    [asset] = (await project.made(file(content, f"a.{kind}", f"image/{kind}")))["assets"]
    assert asset["thumbnailUrl"] != asset["url"]
    return await shown(project, asset["thumbnailUrl"])


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_a_thumbnail_is_turned_as_the_picture_asks(project: Project, orientation: int) -> None:
    """Its left half is red, as somebody sees it."""
    upright = Image.new("RGB", (1000, 600), "blue")
    upright.paste("red", (0, 0, 500, 600))
    back = [None, None, 0, 3, 1, 5, 2, 6, 4][orientation]
    stored = upright if back is None else upright.transpose(Image.Transpose(back))
    exif = stored.getexif()
    exif[0x0112] = orientation
    stored.save(out := io.BytesIO(), "JPEG", exif=exif)
    found = await small(project, out.getvalue(), "jpeg")
    assert found.size == (480, 288)
    left, right = (found.getpixel((x, 144)) for x in (100, 380))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[0] > 2 * left[2]
    assert right[2] > 2 * right[0]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "1", "I;16"])
async def test_a_picture_of_any_mode_has_one(project: Project, mode: str) -> None:
    found = await small(project, png(mode), "png")
    assert found.size == (480, 480)


def png(mode: str) -> bytes:
    Image.new(mode, (700, 700)).save(out := io.BytesIO(), "PNG")
    return out.getvalue()


async def test_what_can_be_seen_through_stands_on_white(project: Project) -> None:
    found = await small(project, png("RGBA"), "png")
    assert found.getpixel((240, 240)) == (255, 255, 255)


async def test_a_small_one_is_as_large_as_it_is_and_a_film_has_none(project: Project) -> None:
    assert (await small(project, picture("WEBP"), "webp")).size == (4, 3)
    [asset] = (await project.made(film(media.film())))["assets"]
    assert asset["thumbnailUrl"] is None
