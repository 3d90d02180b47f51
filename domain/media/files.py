"""Stored files, as content is made of them."""

from typing import Literal, NamedTuple


class Thumbnail(NamedTuple):
    """A small JPEG of a file, stored beside it."""

    size_bytes: int
    sha256: bytes
    token: str


class File(NamedTuple):
    """A stored file that content is made of: what it is, and its token in the storage."""

    kind: Literal["image", "video"]
    mime_type: str
    width: int
    height: int
    duration_ms: int | None
    size_bytes: int
    sha256: bytes
    token: str
    thumbnail: Thumbnail | None = None
