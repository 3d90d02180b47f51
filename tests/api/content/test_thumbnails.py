"""Thumbnails of uploads: small, upright, on white, and bounded for any input."""

import io

from PIL import Image

from tests import media
from tests.api.content.project import UploadProject, file, film
from tests.media import picture


async def fetch_image(project: UploadProject, url: str) -> Image.Image:
    answer = await project.caller.http.get(url, headers={"Authorization": ""})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/jpeg")
    assert len(answer.content) < 200_000
    return Image.open(io.BytesIO(answer.content), formats=["JPEG"])


async def upload_and_fetch_thumbnails(project: UploadProject, *files: tuple[bytes, str]) -> list[Image.Image]:
    """Return the thumbnails of one item's images."""
    parts = [file(content, f"a.{kind}", f"image/{kind}") for content, kind in files]
    assets = (await project.made(*parts))["assets"]
    assert all(asset["thumbnailUrl"] != asset["url"] for asset in assets)
    return [await fetch_image(project, asset["thumbnailUrl"]) for asset in assets]


def build_rotated_image(orientation: int) -> bytes:
    """Return a rotated image that is displayed with a red left half."""
    upright = Image.new("RGB", (1000, 600), "blue")
    upright.paste("red", (0, 0, 500, 600))
    back = [None, None, 0, 3, 1, 5, 2, 6, 4][orientation]
    stored = upright if back is None else upright.transpose(Image.Transpose(back))
    exif = stored.getexif()
    exif[0x0112] = orientation
    stored.save(out := io.BytesIO(), "JPEG", exif=exif)
    return out.getvalue()


async def test_thumbnail_follows_the_exif_rotation(project: UploadProject) -> None:
    for found in await upload_and_fetch_thumbnails(
        project, *[(build_rotated_image(orientation), "jpeg") for orientation in range(1, 9)]
    ):
        assert found.size == (480, 288)
        left, right = (found.getpixel((x, 144)) for x in (100, 380))
        assert isinstance(left, tuple)
        assert isinstance(right, tuple)
        assert left[0] > 2 * left[2]
        assert right[2] > 2 * right[0]


def build_png(mode: str) -> bytes:
    Image.new(mode, (700, 700)).save(out := io.BytesIO(), "PNG")
    return out.getvalue()


async def test_thumbnail_of_any_mode_has_a_white_background(project: UploadProject) -> None:
    modes = ("RGBA", "LA", "P", "1", "I;16")
    found = await upload_and_fetch_thumbnails(project, *[(build_png(mode), "png") for mode in modes])
    assert {one.size for one in found} == {(480, 480)}
    assert [one.convert("L").getpixel((240, 240)) for one in found] == [255, 255, 0, 0, 0]


async def test_small_image_keeps_its_size_and_video_has_no_thumbnail(project: UploadProject) -> None:
    [found] = await upload_and_fetch_thumbnails(project, (picture("WEBP"), "webp"))
    assert found.size == (4, 3)
    [asset] = (await project.made(film(media.film())))["assets"]
    assert asset["thumbnailUrl"] is None
