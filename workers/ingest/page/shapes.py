"""What goes into the parsing process and what comes out. Apart, so that its parent needn't load a parser."""

import msgspec

from schemas.brand import Candidate

#: The first byte of an answer: from here on, silence is the page's fault.
STARTED = b"\1"


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A page as it came: its final address, two headers as sent, the decoded body."""

    url: str
    body: bytes
    content_type: str = ""
    language: str = ""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What it says; `text_length` is in characters of visible text."""

    url: str
    title: str | None
    candidates: list[Candidate]
    text_length: int


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """`page` is None where the page wanted more memory than one gets."""

    page: Page | None
