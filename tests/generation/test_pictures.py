"""Untrusted pictures: hostile ones are refused with a code, unusual ones come out upright and in sRGB."""

import struct

import pytest
from PIL import Image, ImageCms

from generation import pictures
from generation.picture_limits import MAX_PICTURE_BYTES
from tests.generation.svg import svg
from tests.media import png_claiming, written

RED = (230, 30, 40)


SOLID = Image.new("RGB", (320, 200), RED)
BOMB = b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + svg("&b;")

REFUSED = {
    "PICTURE_EMPTY": b"",
    "PICTURE_TYPE": b"<html><body>404</body></html>",
    "PICTURE_TYPE of another format": written(SOLID, "TIFF"),
    "PICTURE_UNREADABLE": written(Image.effect_noise((320, 200), 90), "JPEG")[:4_000],
    "PICTURE_UNREADABLE in its middle": png_claiming(300, 300),
    "PICTURE_TOO_LARGE": png_claiming(30_000, 30_000),
    "PICTURE_TOO_LARGE in bytes": b"\xff\xd8" + b"\0" * (MAX_PICTURE_BYTES + 1),
    "PICTURE_TOO_NARROW": written(Image.new("RGB", (900, 30))),
    "PICTURE_TOO_NARROW drawing": svg("", 'viewBox="0 0 1 100000"'),
    "PICTURE_UNSAFE": BOMB,
    "PICTURE_UNREADABLE drawing": b"<svg xmlns='http://www.w3.org/2000/svg'><g>",
    "PICTURE_TOO_LARGE drawing": svg("<g/>" * 20_001),
}


def turned() -> bytes:
    image = Image.new("RGB", (200, 320), RED)
    exif = image.getexif()
    exif[0x0112] = 6
    return written(image, "JPEG", exif=exif)


def animated() -> bytes:
    frames = [Image.new("RGB", (320, 200), color) for color in (RED, (0, 0, 255))]
    return written(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)


HANDLED = {
    "CMYK": written(SOLID.convert("CMYK"), "JPEG"),
    "with a profile": written(SOLID, icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()),
    "with a broken profile": written(SOLID, icc_profile=b"not a profile"),
    "with a palette": written(SOLID.quantize(4)),
    "turned by EXIF": turned(),
    "animated": animated(),
    "drawn": svg('<rect width="100" height="100" fill="#e61e28"/>', 'width="320" height="200"'),
}


@pytest.mark.parametrize("case", HANDLED)
def test_an_unusual_picture_comes_out_upright_and_in_srgb(case: str) -> None:
    image = pictures.decode_picture(HANDLED[case])
    assert image.mode == "RGB" or case == "drawn"
    assert image.width > image.height
    pixel = image.convert("RGB").getpixel((5, 5))
    assert isinstance(pixel, tuple)
    assert max(abs(one - other) for one, other in zip(pixel, RED, strict=True)) < 45


def test_sixteen_bits_a_channel_keep_their_middle() -> None:
    deep = Image.frombytes("I;16", (64, 64), struct.pack("<H", 0x8000) * 64 * 64)
    assert pictures.decode_picture(written(deep)).getpixel((9, 9)) == (128, 128, 128)


def test_a_drawing_reads_no_file_and_no_address() -> None:
    outside = (
        '<image href="file:///etc/passwd" width="50" height="50"/><use href="http://127.0.0.1/x#a"/>'
        '<rect width="100" height="100" fill="url(http://127.0.0.1/#a)" style="fill:url( //127.0.0.1/)"/>'
        "<style>@import 'http://127.0.0.1/a.css';</style><script>1</script><foreignObject/>"
    )
    plain = pictures.decode_picture(svg('<rect width="100" height="100"/>'))
    assert pictures.decode_picture(svg(outside)).tobytes() == plain.tobytes()


def test_large_pictures_are_scaled_down_as_they_are_read() -> None:
    image = pictures.decode_picture(written(Image.new("RGB", (3_000, 200), RED), "JPEG"))
    assert max(image.size) <= pictures.MAX_DECODED_SIDE_PX


@pytest.mark.parametrize("size", [(1, 1), (30, 300), (600, 60), (60, 300)])
def test_a_tiny_or_empty_logo_is_none(size: tuple[int, int]) -> None:
    assert pictures.decode_logo(written(Image.new("RGB", size))) is None
    assert pictures.decode_logo(written(Image.new("RGBA", (300, 300)))) is None


def test_a_logos_empty_margin_is_cut_off() -> None:
    image = Image.new("RGBA", (400, 400))
    image.paste((*RED, 255), (100, 150, 300, 250))
    found = pictures.decode_logo(written(image))
    assert found
    assert found.size == (200, 100)
