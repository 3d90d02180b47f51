"""Images that an ingest found and measured."""

from typing import Literal

import msgspec

#: Place of a logo that a page draws itself, as the rule of a picture.
INLINE_LOGO_RULE = "html.header.svg"

PictureKind = Literal["logo", "screenshot", "image"]
#: Role of a picture in content; `framed` is a store's shot with its own headline.
PictureRole = Literal["photo", "person", "place", "product", "screenshot", "framed", "logo", "wordmark"]


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


class DrawnPicture(msgspec.Struct, frozen=True, kw_only=True):
    """Picture that no server has: the screenshot of a page that we drew, or the logo that a page draws itself.

    The address of `picture` is the page's, for a logo with a fragment.
    """

    picture: PictureFoundByIngest
    data: bytes
