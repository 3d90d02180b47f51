"""Stored files of content and app media."""

from typing import Literal, NamedTuple

from schemas.pictures import PictureRole


class Thumbnail(NamedTuple):
    """Small JPEG of a file, stored with it."""

    size_bytes: int
    sha256: bytes
    token: str


class StoredFile(NamedTuple):
    """Stored file: its metadata and its token in the storage.

    `drawing` is the sanitized text of an SVG, which replaces the stored file. `role` and `fingerprint` are those of a
    picture by its pixels, if they were read.
    """

    kind: Literal["image", "video"]
    mime_type: str
    width: int
    height: int
    duration_ms: int | None
    size_bytes: int
    sha256: bytes
    token: str
    thumbnail: Thumbnail | None = None
    drawing: str | None = None
    role: PictureRole | None = None
    fingerprint: bytes | None = None
