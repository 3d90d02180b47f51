"""Images that an ingest found and measured."""

from typing import Literal

import msgspec

PictureKind = Literal["logo", "screenshot", "image"]


class PictureFoundByIngest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An image on an external server. Size and type are measured, not taken from the page's markup.

    `url` is as in the source, `page` the referencing page, `rule` the place, such as `html.og:image`. `bytes`
    is the file's length if its server reports it.
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


class DrawnScreenshot(msgspec.Struct, frozen=True, kw_only=True):
    """Screenshot of a page that we drew. No server has it: the address of `picture` is the page's."""

    picture: PictureFoundByIngest
    data: bytes
