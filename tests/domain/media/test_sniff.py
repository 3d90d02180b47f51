"""File types by their bytes alone, and contradictions to them."""

import pytest

from domain.media.sniff import (
    ACCEPTED_JPEG_TYPE,
    ACCEPTED_MOV_TYPE,
    ACCEPTED_MP4_TYPE,
    ACCEPTED_PNG_TYPE,
    ACCEPTED_WEBP_TYPE,
    SNIFFED_BYTE_COUNT,
    AcceptedMediaType,
    check_declared_media_type,
    sniff_media_type,
)
from schemas.errors import InvalidValue
from tests import media

REAL = [
    (media.picture("PNG"), ACCEPTED_PNG_TYPE),
    (media.picture("JPEG"), ACCEPTED_JPEG_TYPE),
    (media.picture("WEBP"), ACCEPTED_WEBP_TYPE),
    (media.film(), ACCEPTED_MP4_TYPE),
    (media.film(brand=b"mp42"), ACCEPTED_MP4_TYPE),
    (media.film(brand=b"M4V "), ACCEPTED_MP4_TYPE),
    (media.film(brand=b"qt  "), ACCEPTED_MOV_TYPE),
    (media.film(brand=b"qt  ")[20:], ACCEPTED_MOV_TYPE),
]

OTHERS = [
    b"", b"\xff\xd8", b"GIF89a", b"RIFF\0\0\0\0WAVE", b"BM", b"%PDF-1.7", b"\x1a\x45\xdf\xa3", b"<html",
    *(media.film(brand=brand) for brand in (b"heic", b"avif", b"M4A ", b"3gp4")), b" " + media.picture("PNG"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), REAL)
def test_type_is_recognized_by_the_first_bytes(content: bytes, expected: AcceptedMediaType) -> None:
    assert sniff_media_type(content[:SNIFFED_BYTE_COUNT]) is expected


@pytest.mark.parametrize("content", OTHERS)
def test_other_types_are_refused(content: bytes) -> None:
    assert sniff_media_type(content[:SNIFFED_BYTE_COUNT]) is None


AGREED = [
    (ACCEPTED_JPEG_TYPE, "a.jpg", "image/jpeg"),
    (ACCEPTED_JPEG_TYPE, "a.JPEG", "image/jpg"),
    (ACCEPTED_PNG_TYPE, "", ""),
    (ACCEPTED_PNG_TYPE, "Shop 2026.11.24", "application/octet-stream"),
    (ACCEPTED_PNG_TYPE, "holiday.final", "image/png"),
    (ACCEPTED_MP4_TYPE, "a.mov", "video/quicktime"),
    (ACCEPTED_MOV_TYPE, "a.mp4", "video/mp4"),
    (ACCEPTED_MP4_TYPE, "a.m4v", "video/x-m4v"),
]

CONTRADICTED = [
    (ACCEPTED_PNG_TYPE, "a.mp4", ""),
    (ACCEPTED_PNG_TYPE, "a.PNG.mp4", "image/png"),
    (ACCEPTED_PNG_TYPE, "a.jpg", ""),
    (ACCEPTED_PNG_TYPE, "a.exe", ""),
    (ACCEPTED_PNG_TYPE, "a.png", "image/jpeg"),
    (ACCEPTED_PNG_TYPE, "", "video/mp4"),
    (ACCEPTED_JPEG_TYPE, "a.heic", "image/jpeg"),
    (ACCEPTED_MP4_TYPE, "a.png", "video/mp4"),
    (ACCEPTED_MP4_TYPE, "a.mp4", "text/plain"),
]


@pytest.mark.parametrize(("found", "name", "declared"), AGREED)
def test_matching_or_missing_extension_is_accepted(found: AcceptedMediaType, name: str, declared: str) -> None:
    check_declared_media_type(found, name=name, declared=declared, path="file[0]")


@pytest.mark.parametrize(("found", "name", "declared"), CONTRADICTED)
def test_contradicting_name_or_type_is_refused(found: AcceptedMediaType, name: str, declared: str) -> None:
    with pytest.raises(InvalidValue, match=r"^file\[0\]: is "):
        check_declared_media_type(found, name=name, declared=declared, path="file[0]")
