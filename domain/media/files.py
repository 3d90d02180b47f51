"""Stored files, as content and app media are made of them."""

from typing import Literal, NamedTuple


class Thumbnail(NamedTuple):
    """A small JPEG of a file, stored beside it."""

    size_bytes: int
    sha256: bytes
    token: str


class File(NamedTuple):
    """A stored file: what it is, and its token in the storage.

    `drawing` is the text of an SVG once it is cleaned, which takes the stored file's place.
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
