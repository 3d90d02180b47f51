"""File types by their bytes alone, and contradictions to them."""

import pytest

from domain.media.sniff import (
    JPEG,
    MOV,
    MP4,
    PNG,
    SNIFFED_BYTES,
    WEBP,
    AcceptedMediaType,
    check_declared_media_type,
    sniff_media_type,
)
from schemas.errors import InvalidValue
from tests import media

REAL = [
    *((media.picture("PNG"), PNG), (media.picture("JPEG"), JPEG), (media.picture("WEBP"), WEBP)),
    *((media.film(), MP4), (media.film(brand=b"mp42"), MP4), (media.film(brand=b"M4V "), MP4)),
    *((media.film(brand=b"qt  "), MOV), (media.film(brand=b"qt  ")[20:], MOV)),
]

OTHERS = [
    b"", b"\xff\xd8", b"GIF89a", b"RIFF\0\0\0\0WAVE", b"BM", b"%PDF-1.7", b"\x1a\x45\xdf\xa3", b"<html",
    *(media.film(brand=brand) for brand in (b"heic", b"avif", b"M4A ", b"3gp4")), b" " + media.picture("PNG"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), REAL)
def test_type_is_recognized_by_the_first_bytes(content: bytes, expected: AcceptedMediaType) -> None:
    assert sniff_media_type(content[:SNIFFED_BYTES]) is expected


@pytest.mark.parametrize("content", OTHERS)
def test_other_types_are_refused(content: bytes) -> None:
    assert sniff_media_type(content[:SNIFFED_BYTES]) is None


AGREED = [
    *((JPEG, "a.jpg", "image/jpeg"), (JPEG, "a.JPEG", "image/jpg"), (PNG, "", "")),
    *((PNG, "Shop 2026.11.24", "application/octet-stream"), (PNG, "holiday.final", "image/png")),
    *((MP4, "a.mov", "video/quicktime"), (MOV, "a.mp4", "video/mp4"), (MP4, "a.m4v", "video/x-m4v")),
]

CONTRADICTED = [
    *((PNG, "a.mp4", ""), (PNG, "a.PNG.mp4", "image/png"), (PNG, "a.jpg", ""), (PNG, "a.exe", "")),
    *((PNG, "a.png", "image/jpeg"), (PNG, "", "video/mp4"), (JPEG, "a.heic", "image/jpeg")),
    *((MP4, "a.png", "video/mp4"), (MP4, "a.mp4", "text/plain")),
]


@pytest.mark.parametrize(("found", "name", "declared"), AGREED)
def test_matching_or_missing_extension_is_accepted(found: AcceptedMediaType, name: str, declared: str) -> None:
    check_declared_media_type(found, name=name, declared=declared, path="file[0]")


@pytest.mark.parametrize(("found", "name", "declared"), CONTRADICTED)
def test_contradicting_name_or_type_is_refused(found: AcceptedMediaType, name: str, declared: str) -> None:
    with pytest.raises(InvalidValue, match=r"^file\[0\]: is "):
        check_declared_media_type(found, name=name, declared=declared, path="file[0]")
