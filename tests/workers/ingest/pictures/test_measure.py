"""Measures of images by their first bytes, compared with the sizes that they were made with."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.media import picture, png_claiming, written
from workers.ingest.pictures import drawing
from workers.ingest.pictures.measure import ImageTypeAndSize, is_svg_file, measure_image_type_and_size
from workers.ingest.shapes import FetchedSvg, SvgSize

TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "ICO": "image/x-icon",
    "AVIF": "image/avif",
}
SIGNS = (*(b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8X", b"\0\0\1\0"), b"\0\0\0\0ftypavif")


def make_image(kind: str, width: int, height: int, mode: str = "RGB", **options: Any) -> bytes:
    return written(Image.new(mode, (width, height), "teal"), kind, **options)


@given(st.sampled_from(sorted(TYPES)), st.integers(1, 256), st.integers(1, 256))
def test_any_image_has_its_size(kind: str, width: int, height: int) -> None:
    options: dict[str, Any] = {"sizes": [(width, height)]} if kind == "ICO" else {}
    assert measure_image_type_and_size(make_image(kind, width, height, **options)) == ImageTypeAndSize(
        TYPES[kind], width, height
    )


@pytest.mark.parametrize(
    "file",
    [
        make_image("WEBP", 301, 17, lossless=True),
        make_image("WEBP", 301, 17, "RGBA"),
        make_image("WEBP", 301, 17, exif=b"Exif\0\0x"),
        make_image("JPEG", 301, 17, progressive=True),
        make_image("JPEG", 301, 17, icc_profile=b"x" * 40_000),
        make_image("JPEG", 301, 17, comment=b"\xff\xc0" * 999),
        make_image("JPEG", 301, 17).replace(b"\xff\xdb", b"\xff\xff\xff\xdb", 1),
        make_image("PNG", 301, 17, "LA"),
        make_image("GIF", 301, 17, "P"),
    ],
)
def test_variants_of_formats_have_their_size(file: bytes) -> None:
    measured = measure_image_type_and_size(file[: 64 << 10])
    assert measured is not None
    assert measured[1:] == (301, 17)


@given(st.sampled_from(sorted(TYPES)), st.data())
def test_a_truncated_image_has_its_size_or_none(kind: str, data: st.DataObject) -> None:
    file = make_image(kind, 70, 40)
    cut = file[: data.draw(st.integers(0, len(file)))]
    assert measure_image_type_and_size(cut) in {None, measure_image_type_and_size(file)}


@given(st.sampled_from(SIGNS), st.binary(max_size=600))
def test_any_bytes_are_measured(sign: bytes, further_bytes: bytes) -> None:
    measured = measure_image_type_and_size(sign + further_bytes)
    assert measured is None or min(measured.width, measured.height) >= 0


@pytest.mark.parametrize("file", [b"", b"<html><svg>", b"%PDF-1.7", b"GIF", b"\xff\xd8" * 400_000])
def test_other_files_have_no_size(file: bytes) -> None:
    assert measure_image_type_and_size(file) is None
    assert not is_svg_file(file)


def test_a_decompression_bomb_is_only_measured() -> None:
    assert measure_image_type_and_size(png_claiming(60_000, 60_000)) == ImageTypeAndSize("image/png", 60_000, 60_000)
    assert measure_image_type_and_size(picture("JPEG", (9, 4), orientation=6)) == ImageTypeAndSize("image/jpeg", 9, 4)


SVG = '<svg xmlns="http://www.w3.org/2000/svg" {}>'


@pytest.mark.parametrize(
    ("text", "size"),
    [
        (SVG.format('width="120" height="28"'), (120, 28)),
        (SVG.format('width="120px" height="27.5px" viewBox="0 0 9 9"'), (120, 28)),
        (SVG.format('width="100%" height="100%" viewBox="0 0 300 150.2"'), (300, 151)),
        (SVG.format('viewBox="-1,-1,64,32"'), (64, 32)),
        (SVG.format('width="1in" height="72pt"'), (96, 96)),
        (SVG.format('width="2em" height="9"'), (0, 0)),
        (SVG.format('width="1e99" height="9"'), (0, 0)),
        (SVG.format(""), (0, 0)),
        ("<?xml version='1.0'?><!-- a --><svg width='9' height='8'>", (9, 8)),
        ("<?xml version='1.0'?><html><svg width='9' height='8'/></html>", (0, 0)),
        ("<svg width='9' heigh", (0, 0)),
        ('<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg width="&a;" height="9">', (0, 0)),
    ],
)
def test_a_drawings_size_is_in_its_root(text: str, size: tuple[int, int]) -> None:
    assert is_svg_file(text.encode())
    assert drawing.read_fetched_svg_size(FetchedSvg(body=text.encode())) == SvgSize(width=size[0], height=size[1])


@given(st.binary(max_size=400))
def test_any_bytes_are_read_as_a_drawing(further_bytes: bytes) -> None:
    drawing.read_fetched_svg_size(FetchedSvg(body=b"<svg width='1' " + further_bytes))
