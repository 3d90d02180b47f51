"""Messages to and from the parsing process. They import no parser: the parent process needn't load one."""

from collections.abc import Iterable
from typing import Literal, TypeAlias

import msgspec
from msgspec import field

from schemas.brand import BrandFieldName, BrandFieldValue, BrandProfile, FieldCandidate
from schemas.pictures import DrawnPicture, PictureKind
from workers.ingest.appstore.shapes import FetchedAppStoreWebPage, FetchedGooglePlayWebPage, FetchedStoreApp
from workers.ingest.github.shapes import ChosenRepositoryPaths, RepositoryContent, RepositoryTree
from workers.ingest.llm.answer import BrandAnswer

#: First byte of a reply. A reply without further bytes means that the document broke its process.
PARSING_STARTED_BYTE = b"\1"
#: End of the rule of a description from list items: it is only an alternative.
LIST_ITEM_DESCRIPTION_RULE_SUFFIX = ".list"


#: The purpose of a passage on its page.
PassageRole: TypeAlias = Literal[
    "hero",
    "heading",
    "prose",
    "feature",
    "offer",
    "faq",
    "testimonial",
    "legal",
    "navigation",
    "hours",
    "contact",
    "form",
    "notice",
    "placeholder",
    "label",
]
#: The party whose words a passage has: the brand, a customer, the law, or the maker of the page's theme.
PassageSpeaker: TypeAlias = Literal["brand", "customer", "law", "theme"]


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """Piece of a source's prose: a heading, a paragraph or list item, or a label of its navigation.

    A `story`, such as an article, is about its own subject, and its people aren't the brand's customers.
    `documentation`, such as a README, explains the use of the product. Neither has the brand's voice.
    `role` is its purpose on the page, and only a passage of the `speaker` "brand" speaks for the brand. The page's
    source names a `slogan` one.
    """

    text: str
    kind: Literal["heading", "text", "label"] = "text"
    role: PassageRole = "prose"
    speaker: PassageSpeaker = "brand"
    url: str = ""
    story: bool = False
    documentation: bool = False
    slogan: bool = False


class SourceFact(msgspec.Struct, frozen=True, kw_only=True):
    """Declared fact that is no brand field of its own: a type of schema.org, a store's genre, a place.

    A `place` is the town of an address, an `area` is a region that is served. Derived fields read them.
    """

    kind: Literal["business_type", "genre", "place", "area"]
    value: str


class FetchedPage(msgspec.Struct, frozen=True, kw_only=True, tag="page"):
    """Web page as received: its final address, two headers as sent, the uncompressed body."""

    url: str
    body: bytes
    content_type: str = ""
    language: str = ""


class FetchedWebManifest(msgspec.Struct, frozen=True, kw_only=True, tag="manifest"):
    """Web app manifest as received."""

    url: str
    body: bytes


class FetchedLlmsTxt(msgspec.Struct, frozen=True, kw_only=True, tag="llms"):
    """/llms.txt of a site as received."""

    url: str
    body: bytes


class FetchedSvg(msgspec.Struct, frozen=True, kw_only=True, tag="drawing"):
    """First bytes of an SVG as received."""

    body: bytes


class FetchedStyleSheet(msgspec.Struct, frozen=True, kw_only=True):
    """Style sheet as received, or the `<style>` texts of a page; then `url` is the page's."""

    url: str
    body: bytes
    content_type: str = ""


class FetchedPageStyles(msgspec.Struct, frozen=True, kw_only=True, tag="styles"):
    """Style sheets of one page, in the order of the cascade: later ones win."""

    sheets: list[FetchedStyleSheet]


class FetchedLogo(msgspec.Struct, frozen=True, kw_only=True, tag="logo"):
    """Whole image file of a logo as received. Its colors are read."""

    url: str
    body: bytes


class SourceProse(msgspec.Struct, frozen=True, kw_only=True, tag="prose"):
    """All prose of a source, with the name and language of its brand where they are known.

    `about` are its titles and descriptions, its title first.
    """

    url: str
    name: str | None = None
    language: str | None = None
    about: list[str] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    facts: list[SourceFact] = field(default_factory=list)


class ModelClaims(msgspec.Struct, frozen=True, kw_only=True, tag="claims"):
    """Answer of a language model about a source, and the source's prose, by which its claims are checked."""

    prose: SourceProse
    answer: BrandAnswer


class RankedLink(msgspec.Struct, frozen=True, kw_only=True):
    """Link to another page of the site. A lower rank means a page with more facts about the brand.

    `is_about` means a page about the brand, such as *About us*, in the language of the linking page.
    """

    url: str
    rank: int
    is_about: bool = False


class CandidateImage(msgspec.Struct, frozen=True, kw_only=True):
    """Candidate image: a source names it, and it isn't fetched yet. `page` names it in the place `rule`."""

    kind: PictureKind
    url: str
    rule: str
    page: str
    alt: str | None = None


class ParsedPage(msgspec.Struct, frozen=True, kw_only=True, tag="page"):
    """Parsed page: its candidates, passages and links, best first.

    `text_length` counts characters of visible text. `scripted` means next to no text before scripts have run.
    `refresh` is the address of an immediate redirect by `<meta>`. `styles` are the addresses of its style
    sheets that are worth a request, `inline_style` is the text of its `<style>` tags with custom properties.
    `logo` is the one that it draws itself.
    """

    url: str
    title: str | None
    candidates: list[FieldCandidate]
    text_length: int
    passages: list[Passage] = field(default_factory=list)
    facts: list[SourceFact] = field(default_factory=list)
    scripted: bool = False
    refresh: str | None = None
    manifest: str | None = None
    styles: list[str] = field(default_factory=list)
    inline_style: str = ""
    links: list[RankedLink] = field(default_factory=list)
    pictures: list[CandidateImage] = field(default_factory=list)
    logo: DrawnPicture | None = None


def build_candidates_of_scored_values(
    url: str, scored: Iterable[tuple[BrandFieldName, BrandFieldValue, float, str]]
) -> list[FieldCandidate]:
    """Return the candidates of a document at `url`, from fields, values, confidences and rules."""
    return [
        FieldCandidate(field=field, value=value, confidence=confidence, rule=rule, url=url)
        for field, value, confidence, rule in scored
    ]


class ParsedNonPageDoc(msgspec.Struct, frozen=True, kw_only=True, tag="reading"):
    """Parsed document of any kind but a page, a repository's tree and a drawing. Only prose has a `profile`."""

    candidates: list[FieldCandidate]
    passages: list[Passage] = field(default_factory=list)
    facts: list[SourceFact] = field(default_factory=list)
    pictures: list[CandidateImage] = field(default_factory=list)
    profile: BrandProfile = BrandProfile()


class SvgSize(msgspec.Struct, frozen=True, kw_only=True, tag="size"):
    """Size of a drawing in pixels; 0 if the drawing has no size."""

    width: int
    height: int


#: Documents that the process parses, and its results. A new kind of document is a member of the first.
ParseInput: TypeAlias = (
    FetchedPage
    | FetchedWebManifest
    | FetchedLlmsTxt
    | FetchedPageStyles
    | FetchedLogo
    | FetchedSvg
    | SourceProse
    | ModelClaims
    | FetchedStoreApp
    | FetchedAppStoreWebPage
    | FetchedGooglePlayWebPage
    | RepositoryTree
    | RepositoryContent
)
ParseOutput: TypeAlias = ParsedPage | ParsedNonPageDoc | ChosenRepositoryPaths | SvgSize


class ParseReply(msgspec.Struct, frozen=True, kw_only=True):
    """Reply of the process, and the CPU seconds used.

    `output` is None if the document took too much memory.
    """

    output: ParseOutput | None
    cpu_s: float
