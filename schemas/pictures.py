"""Pictures that an ingest met and measured."""

from typing import Literal

import msgspec

PictureKind = Literal["logo", "screenshot", "image"]


class Picture(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Picture on somebody else's server. Its size and type are its own, not those that a page declares.

    `url` is as the source names it, `page` where that was, `rule` the place, such as `html.og:image`.
    `bytes` is the file's length where its server says so.
    """

    kind: PictureKind
    url: str
    width: int
    height: int
    type: str
    rule: str
    page: str
    bytes: int | None = None
    alt: str | None = None
