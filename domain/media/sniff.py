"""File types by their first bytes: the name and the declared type are only checked against it."""

import re
from typing import Literal, NamedTuple

from schemas.errors import InvalidValue

#: Bytes that are inspected.
SNIFFED_BYTE_COUNT = 32

#: Extension of a type: `.final` and `.2026` are parts of a name.
_FILE_EXTENSION_PATTERN = re.compile(r"\.([a-z][a-z0-9]{1,3})$")


class AcceptedMediaType(NamedTuple):
    """Accepted media type: `names` are its extensions, `called` other MIME types that senders use for it."""

    mime: str
    kind: Literal["image", "video"]
    names: frozenset[str]
    called: frozenset[str] = frozenset()


ACCEPTED_JPEG_TYPE = AcceptedMediaType(
    "image/jpeg", "image", frozenset({"jpg", "jpeg", "jpe", "jfif"}), frozenset({"image/jpg", "image/pjpeg"})
)
ACCEPTED_PNG_TYPE = AcceptedMediaType("image/png", "image", frozenset({"png"}))
ACCEPTED_WEBP_TYPE = AcceptedMediaType("image/webp", "image", frozenset({"webp"}))
# Both formats have the same boxes: programs save either under both names.
_VIDEO_EXTENSIONS_AND_MIME_NAMES = (
    frozenset({"mp4", "m4v", "mov", "qt"}),
    frozenset({"video/mp4", "video/quicktime", "video/x-m4v"}),
)
ACCEPTED_MP4_TYPE = AcceptedMediaType("video/mp4", "video", *_VIDEO_EXTENSIONS_AND_MIME_NAMES)
ACCEPTED_MOV_TYPE = AcceptedMediaType("video/quicktime", "video", *_VIDEO_EXTENSIONS_AND_MIME_NAMES)
#: A drawing, or any other XML: the probe distinguishes them.
ACCEPTED_SVG_TYPE = AcceptedMediaType(
    "image/svg+xml", "image", frozenset({"svg"}), frozenset({"image/svg", "text/xml", "application/xml"})
)

FILE_TYPE_SIGNATURES: tuple[tuple[re.Pattern[bytes], AcceptedMediaType], ...] = (
    (re.compile(rb"\xff\xd8\xff"), ACCEPTED_JPEG_TYPE),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), ACCEPTED_PNG_TYPE),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), ACCEPTED_WEBP_TYPE),
    (re.compile(rb"....ftyp(?:qt  )", re.DOTALL), ACCEPTED_MOV_TYPE),
    (re.compile(rb"....ftyp(?:iso[m2-9]|mp4[12]|avc1|M4V[ HP]|dash|MSNV|f4v |cmfc)", re.DOTALL), ACCEPTED_MP4_TYPE),
    # QuickTime before 2001 had no ftyp box.
    (re.compile(rb"....(?:moov|mdat|wide)", re.DOTALL), ACCEPTED_MOV_TYPE),
    (re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:svg|\?xml|!--|!DOCTYPE svg)"), ACCEPTED_SVG_TYPE),
)  # fmt: skip

#: Declared types of senders that don't know the type.
_UNSPECIFIC_DECLARED_MEDIA_TYPES = frozenset({"", "application/octet-stream"})


def sniff_media_type(head: bytes) -> AcceptedMediaType | None:
    """Return the type of a file that begins with `head`; None if it isn't accepted."""
    return next((found for sign, found in FILE_TYPE_SIGNATURES if sign.match(head)), None)


def check_declared_media_type(found: AcceptedMediaType, *, name: str, declared: str, path: str) -> None:
    """Raise `InvalidValue` if a file's name or declared type contradicts `found`, the type of its content."""
    extension = _FILE_EXTENSION_PATTERN.search(name.lower())
    if extension and extension[1] not in found.names:
        raise InvalidValue(path, f"is {found.mime}, but its name ends in .{extension[1]}: correct its name")
    if declared not in _UNSPECIFIC_DECLARED_MEDIA_TYPES | {found.mime} | found.called:
        raise InvalidValue(path, f"is {found.mime}, but is declared as another type: correct that")
