"""Images of logos: colors by area, greys apart. Photographs and unreadable files have no colors."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from tests.media import written
from workers.ingest.colors.logo import extract_main_colors as read_logo
from workers.ingest.colors.oklab import is_similar_color
from workers.ingest.shapes import FetchedLogo

URL = "https://acme.test/logo.png"
RED, GREEN, CLEAR = (192, 57, 43, 255), (31, 111, 92, 255), (0, 0, 0, 0)


def read(body: bytes) -> list[tuple[str, str | None]]:
    reading = read_logo(FetchedLogo(url=URL, body=body))
    assert {candidate.url for candidate in reading.candidates} <= {URL}
    return [(next(iter(candidate.value)), candidate.role) for candidate in reading.candidates]


def logo(ground: tuple[int, ...], *marks: tuple[tuple[int, int, int, int], tuple[int, ...]]) -> Image.Image:
    image = Image.new("RGBA", (200, 200), ground)
    for box, color in marks:
        ImageDraw.Draw(image).ellipse(box, color)
    return image


MARK = logo(CLEAR, ((10, 10, 150, 150), RED), ((120, 120, 190, 190), GREEN))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "ICO", "GIF"])
def test_logo_colors_are_ordered_by_area(kind: str) -> None:
    colors = read(written(MARK, kind))
    assert [role for _, role in colors] == ["primary", "accent"]
    assert is_similar_color(colors[0][0], "#c0392b")
    assert is_similar_color(colors[1][0], "#1f6f5c")


@pytest.mark.parametrize("mode", ["RGB", "P", "L", "CMYK", "1", "LA", "I;16"])
def test_any_mode_of_pixels_is_read(mode: str) -> None:
    image = logo((255, 255, 255, 255), ((10, 10, 150, 150), RED)).convert("L" if mode == "I;16" else "RGB")
    colors = read(written(image.convert(mode, palette=Image.Palette.ADAPTIVE), "JPEG" if mode == "CMYK" else "PNG"))
    if mode in {"RGB", "P", "CMYK"}:
        assert is_similar_color(colors[0][0], "#c0392b")
    assert len(colors) <= 1


def test_jpeg_noise_is_no_color() -> None:
    ground = logo((255, 255, 255, 255), ((10, 10, 150, 150), RED)).convert("RGB")
    ((color, role),) = read(written(ground, "JPEG", quality=30))
    assert (is_similar_color(color, "#c0392b"), role) == (True, "primary")


def test_a_small_colored_mark_wins_over_black_letters() -> None:
    letters = ((10, 10, 190, 190), (17, 17, 17, 255))
    assert read(written(logo((255, 255, 255, 255), letters, ((20, 20, 50, 50), RED)))) == [("#c0392b", "primary")]
    assert read(written(logo((255, 255, 255, 255), letters))) == [("#111111", "primary")]
    assert read(written(logo(CLEAR, letters))) == [("#111111", "primary")]
    assert read(written(logo(CLEAR, ((10, 10, 190, 190), (255, 255, 255, 255))))) == []


def test_a_photograph_is_no_logo() -> None:
    scattered = random.Random(1)
    image = Image.new("RGB", (60, 60))
    for x in range(0, 60, 4):
        for y in range(0, 60, 4):
            color = tuple(scattered.randrange(256) for _ in range(3))
            image.paste(color, (x, y, x + 4, y + 4))
    assert read(written(image)) == []


SVG = b"""<?xml version="1.0"?><!DOCTYPE svg><svg xmlns="http://www.w3.org/2000/svg"><style>.a{fill:#C0392B}
.b { stroke : red ; stop-color: #c0392b }</style><path fill="#c0392b" style="fill:rgb(192,57,43)"/>
<linearGradient><stop stop-color="#1f6f5c"/></linearGradient><path fill="none" stroke="url(#a)"/></svg>"""


def test_an_svgs_paints_are_its_colors() -> None:
    assert read(SVG)[0] == ("#c0392b", "primary")
    assert {color for color, _ in read(SVG)} == {"#c0392b", "#1f6f5c", "#ff0000"}


LAUGHS = b"<!DOCTYPE svg [<!ENTITY a '#c0392b'>%s]><svg><path fill='&j;'/></svg>" % b"".join(
    b"<!ENTITY %c '%s'>" % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"GIF89a",
        b"<svg",
        b"<svg><!DOCTYPE",
        LAUGHS,
        b"<svg>" + b"<g>" * 100_000,
        b"<svg xmlns:x='u'><style>" + b"fill:" * 200_000,
        b"<!DOCTYPE svg SYSTEM 'file:///etc/passwd'><svg><path fill='red;'/></svg>",
        written(MARK)[:-200],
        b"RIFF\xff\xff\xff\xffWEBPVP8X" + bytes(60),
    ],
)
def test_hostile_or_truncated_files_have_no_colors(body: bytes) -> None:
    assert read(body) == []


@pytest.mark.parametrize(("mode", "kind"), [("1", "PNG"), ("RGB", "WEBP")])
def test_a_small_file_with_huge_dimensions_has_no_colors(mode: str, kind: str) -> None:
    assert read(written(Image.new(mode, (2_048, 2_048)), kind)) == [("#000000", "primary")]
    assert read(written(Image.new(mode, (2_048, 2_049)), kind)) == []


BODIES = (*(written(MARK, kind) for kind in ("PNG", "WEBP", "ICO", "GIF")), SVG)


@given(some.binary(max_size=80), some.integers(0, 2_000))
@settings(deadline=None)
def test_any_bytes_are_read(noise: bytes, at: int) -> None:
    for body in BODIES:
        read(body[: at % len(body)] + noise + body[at % len(body) + len(noise) :])


def test_svg_text_in_png_metadata_is_ignored() -> None:
    metadata = PngInfo()
    metadata.add_text("Source", "<svg><path fill='#2563eb'/></svg>")
    assert [color for color, _ in read(written(MARK, pnginfo=metadata))] == [color for color, _ in read(written(MARK))]
