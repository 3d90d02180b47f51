"""What goes into the parsing process and what comes out. Apart, so that its parent needn't load a parser."""

from typing import Literal, TypeAlias

import msgspec
from msgspec import field

from schemas.brand import Candidate
from workers.ingest.appstore.shapes import Listing, PlayPage, StorePage
from workers.ingest.github.shapes import Chosen, Repository, Tree

#: The first byte of an answer: from here on, silence is the document's fault.
STARTED = b"\1"


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a source's own prose: a heading, a paragraph or list item, or a label of its navigation.

    A `story` is about its own subject, as an article is: it has the brand's voice, and not its customers.
    """

    text: str
    kind: Literal["heading", "text", "label"] = "text"
    url: str = ""
    story: bool = False


class Source(msgspec.Struct, frozen=True, kw_only=True, tag="page"):
    """A page as it came: its final address, two headers as sent, the decoded body."""

    url: str
    body: bytes
    content_type: str = ""
    language: str = ""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, tag="manifest"):
    """A web app's manifest as it came."""

    url: str
    body: bytes


class Llms(msgspec.Struct, frozen=True, kw_only=True, tag="llms"):
    """A site's /llms.txt as it came."""

    url: str
    body: bytes


class Prose(msgspec.Struct, frozen=True, kw_only=True, tag="prose"):
    """All the prose of a source, whose brand has this name and language as far as they are known.

    `keywords` are the declared ones: topics, genres, what a page says of itself.
    """

    url: str
    name: str | None = None
    language: str | None = None
    keywords: list[str] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Another page of a page's site; of two links the one of lesser rank says more of a brand."""

    url: str
    rank: int


class Page(msgspec.Struct, frozen=True, kw_only=True, tag="page"):
    """What it says, and where it leads; `text_length` is in characters of visible text.

    `scripted` is a page that shows next to nothing before its scripts have run. `refresh` is where it
    sends its visitors at once; `links` come best first.
    """

    url: str
    title: str | None
    candidates: list[Candidate]
    text_length: int
    passages: list[Passage] = field(default_factory=list)
    scripted: bool = False
    refresh: str | None = None
    manifest: str | None = None
    links: list[Link] = field(default_factory=list)


class Reading(msgspec.Struct, frozen=True, kw_only=True, tag="reading"):
    """What any other document says."""

    candidates: list[Candidate]
    passages: list[Passage] = field(default_factory=list)


#: What the process can be asked, and what it answers. A new kind of document is a new member of both.
ParseInput: TypeAlias = Source | Manifest | Llms | Prose | Listing | StorePage | PlayPage | Tree | Repository
ParseOutput: TypeAlias = Page | Reading | Chosen


class ParseReply(msgspec.Struct, frozen=True, kw_only=True):
    """`answer` is None where the document wanted more memory than one gets."""

    answer: ParseOutput | None
