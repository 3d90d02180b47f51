"""A brand's fields and values, with their sources."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from schemas import ids
from schemas.base import NulFreeText, RealClockResponseStruct, RequestStruct, ResponseStruct, UtcInstant
from schemas.pictures import DrawnPicture, PictureFoundByIngest, PictureKind

BrandSource = Literal["github", "website", "appstore", "partner"]
BrandFieldName = Literal[
    "appName",
    "appDescription",
    "tagline",
    "audience",
    "icp",
    "brandVoice",
    "keywords",
    "primaryLanguage",
    "logoUrl",
    "colors",
    "links",
    "platforms",
]
BrandPlatform = Literal["ios", "android", "web", "desktop"]
#: A text, a list of texts, or texts by name, depending on the field.
BrandFieldValue = str | list[str] | dict[str, str]
FieldConfidence = Annotated[float, Meta(ge=0, le=1)]
IcpPart = Literal["role", "organization", "place", "need", "use", "specific", "priority"]
PartBasis = Literal["stated", "inferred"]
ColorRole = Literal["primary", "accent", "background"]

StatementIntent = Literal["problem", "benefit", "proof", "place", "offer", "invitation"]


class BrandPart(ResponseStruct, frozen=True, kw_only=True):
    """One part of an `audience` or `icp`, with its quote from the source."""

    part: IcpPart
    """The part's kind: a `role` of its customers, a kind or size of their `organization`s, their `place`, `need` or
    `use` of the product, a `specific` service or product that they look for, or a `priority` of their choice."""
    value: str
    """The part, as in the value."""
    quote: str
    """The source's words, verbatim."""
    basis: PartBasis = "stated"
    """`stated`: the quote names it. `inferred`: it follows from the trade that the quote shows."""


class BrandColor(ResponseStruct, frozen=True, kw_only=True):
    """One of a brand's `colors`, with its role and its places."""

    color: str
    """The color as `#rrggbb`, as in the value."""
    role: ColorRole
    """The main color, one of up to three accents, or the background."""
    rule: str
    """The places with this color, such as `html.theme-color+logo`."""
    url: str
    """The address of the first of these places."""


class FieldCandidate(msgspec.Struct, frozen=True, kw_only=True):
    """A value of one field, from one document. `rule` names the place, such as `html.og:site_name`.

    `evidence` quotes the text behind a derived value verbatim; a declared value needs none. `parts` belong to
    a derived `audience` or `icp`; `role` is a color's, one for each candidate.
    """

    field: BrandFieldName
    value: BrandFieldValue
    confidence: FieldConfidence
    rule: str
    url: str
    role: ColorRole | None = None
    evidence: list[str] = msgspec.field(default_factory=list)
    parts: list[BrandPart] = msgspec.field(default_factory=list)


class BrandStatementFinding(msgspec.Struct, frozen=True, kw_only=True):
    """A whole sentence, or the name of a service, from the brand's own pages.

    `quote` is the source's text, verbatim, `url` its page.
    """

    text: str
    intent: StatementIntent
    quote: str
    url: str


class BrandProfile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Facts of a source for generated content: its trade, the town of its market, and its statements.

    `trade` is a key of the ingest's table of trades.
    """

    trade: str | None = None
    place: str | None = None
    statements: list[BrandStatementFinding] = field(default_factory=list)


class SourceFieldFinding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A source's value of one field: its best candidate, and the other candidates, best first.

    `at` is set if the fields of a row differ in age: only in the partner's row.
    """

    value: BrandFieldValue
    confidence: FieldConfidence
    rule: str
    url: str | None = None
    at: datetime | None = None
    evidence: list[str] = field(default_factory=list)
    parts: list[BrandPart] = field(default_factory=list)
    colors: list[BrandColor] = field(default_factory=list)
    alternatives: list["SourceFieldFinding"] = field(default_factory=list)


class HttpValidators(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """HTTP validators of a server's answer (RFC 9110 8.8), for conditional requests.

    `digest` is our own, of the content: it detects an unchanged answer that a server sends whole again.
    `url` is the address after redirects. `kind` is the kind of document, for a source with several kinds.
    """

    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    url: str | None = None
    kind: str | None = None


class LastCrawlRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Crawl state for the next ingest of the same source: the answers it has read, by address.

    It is valid only for the same arguments and the same `rules`, the version of our extraction. `url` is the
    page's address. `repository_id` is GitHub's: a repository keeps it when it is renamed; `repository` was
    its name.
    """

    rules: int
    args: dict[str, Any]
    answers: dict[str, HttpValidators] = field(default_factory=dict)
    url: str | None = None
    repository_id: int | None = None
    repository: str | None = None


class BrandExtraction(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one ingest: `url` is the address after redirects, a warning is a code and a reason.

    `unchanged` means that the source has no new content: then there are no fields, and the old ones stay.
    `media` lists only pictures that servers have; `drawn` has the others, with their bytes.
    """

    url: str
    title: str | None
    fields: dict[BrandFieldName, SourceFieldFinding]
    media: list[PictureFoundByIngest] = field(default_factory=list)
    profile: BrandProfile = BrandProfile()
    warnings: list[str] = field(default_factory=list)
    visit: LastCrawlRecord | None = None
    unchanged: bool = False
    drawn: list[DrawnPicture] = field(default_factory=list)


class CorrectedBrand(msgspec.Struct, frozen=True, kw_only=True):
    """Brand with its partner's corrections, an example for a language model.

    `texts` are the values and quotes of its sources, the name first. `corrections` are the partner's own values.
    """

    language: str | None
    texts: list[str]
    corrections: dict[BrandFieldName, BrandFieldValue]


class BrandSourceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One source's row in `brand_source`, the only input of the merge."""

    source: BrandSource
    fields: dict[BrandFieldName, SourceFieldFinding]
    media: list[PictureFoundByIngest] = field(default_factory=list)
    profile: BrandProfile = BrandProfile()
    url: str | None
    job_id: UUID | None
    at: datetime


class Provenance(RealClockResponseStruct, frozen=True, kw_only=True):
    """The source, place and method of a value."""

    source: BrandSource
    """The source."""
    job_id: ids.JobId | None
    """Id of the ingest that read it; null for your own values."""
    url: str | None
    """The address that it was read from; null for your own values."""
    confidence: FieldConfidence
    """The confidence, from 0 to 1."""
    rule: str
    """The place in the document, such as `html.og:site_name`."""
    evidence: list[str]
    """Verbatim quotes behind a derived value."""
    parts: list[BrandPart] | UnsetType = UNSET
    """The parts of a derived `audience` or `icp`, each with its quote; absent for other values."""
    colors: list[BrandColor] | UnsetType = UNSET
    """The `colors` with their roles and places; absent for other values, and for your own."""
    at: UtcInstant
    """When it was read or set, in UTC."""


class Said(ResponseStruct, frozen=True, kw_only=True):
    """One value of a field, with its source."""

    value: BrandFieldValue
    """The value."""
    provenance: Provenance
    """The source of the value."""


class BrandField(ResponseStruct, frozen=True, kw_only=True):
    """A field's current value and its alternatives, best first."""

    value: BrandFieldValue | None
    """The current value; null: none."""
    provenance: Provenance | None
    """The source of the value; null: no source has the field."""
    alternatives: list[Said]
    """Other values, best first."""


class MediaProvenance(RealClockResponseStruct, frozen=True, kw_only=True):
    """The source of an image."""

    source: BrandSource
    """The source."""
    job_id: ids.JobId | None
    """Id of the ingest that found it."""
    url: str
    """The page that references it."""
    rule: str
    """The place on that page, such as `html.og:image`."""
    at: UtcInstant
    """When it was found, in UTC."""


class BrandMedia(ResponseStruct, frozen=True, kw_only=True):
    """An image that an ingest found. The image itself is not stored."""

    kind: PictureKind
    """A logo, a screenshot of the app, or any other image of the brand."""
    url: str
    """The image's address."""
    width: int
    """The width in pixels, measured."""
    height: int
    """The height in pixels, measured."""
    type: str
    """The media type, detected from the bytes."""
    bytes: int | None
    """The file's length, or null if its server doesn't report it."""
    alt: str | None
    """The source's description of the image, or null."""
    provenance: MediaProvenance
    """The source of the image."""


class BrandStatement(ResponseStruct, frozen=True, kw_only=True):
    """A sentence of the brand's own pages, or the name of one of its services, as generated content shows it."""

    text: str
    """The text."""
    intent: StatementIntent
    """Its purpose: it names a `problem`, `benefit`, `proof`, `place` or `offer`, or is an `invitation`."""
    quote: str
    """The source's words, verbatim."""
    url: str
    """The page with these words."""
    source: BrandSource
    """The source that found it."""


class Brand(ResponseStruct, frozen=True, kw_only=True):
    """`GET /v1/projects/{id}/brand`: all fields, statements and images."""

    project_id: ids.ProjectId
    fields: dict[BrandFieldName, BrandField]
    """All fields by name, also those without a value."""
    trade: str | None
    """The brand's trade, such as `bakery`, or null if no source shows it."""
    place: str | None
    """The town of a brand with a local market, or null."""
    statements: list[BrandStatement]
    """At most 24 statements of the brand's own pages, services first."""
    media: list[BrandMedia]
    """The images found by ingests, logos first, each once."""


class BrandContext(ResponseStruct, frozen=True, kw_only=True):
    """The merged brand; an unknown field is null or empty and has no provenance."""

    app_name: str | None = None
    """The product's name, or null."""
    app_description: str | None = None
    """The product's description in some sentences, or null."""
    tagline: str | None = None
    """The brand's own short line, or null."""
    audience: str | None = None
    """The audience, or null."""
    icp: str | None = None
    """The ideal customer profile, or null."""
    brand_voice: str | None = None
    """The tone of voice, or null."""
    keywords: list[str] = field(default_factory=list)
    """The topics, the most important first."""
    primary_language: str | None = None
    """The brand's language, a BCP-47 tag, or null."""
    logo_url: str | None = None
    """The logo, or null."""
    colors: list[str] = field(default_factory=list)
    """The colors as `#rrggbb`, the main one first."""
    links: dict[str, str] = field(default_factory=dict)
    """The brand's pages on other sites, by the site's name."""
    platforms: list[BrandPlatform] = field(default_factory=list)
    """The platforms that the product runs on; empty if it is no app, or unknown."""
    provenance: dict[str, Provenance] = field(default_factory=dict)
    """The source of each value, by field."""


BrandLongText = Annotated[NulFreeText, Meta(max_length=4000)]
BrandShortText = Annotated[NulFreeText, Meta(max_length=200)]
HexColor = Annotated[str, Meta(pattern="^#[0-9a-fA-F]{6}$")]
#: As the ingest stores it: an absolute https URL; empty means none.
OptionalHttpsUrl = Annotated[str, Meta(max_length=2048, pattern=r"^(https://[^\s\x00]+)?$")]


class BrandPatch(RequestStruct, frozen=True, kw_only=True):
    """The partner's own values: null removes a value, an empty value means none and stays."""

    app_name: BrandShortText | UnsetType | None = UNSET
    """The product's name."""
    app_description: BrandLongText | UnsetType | None = UNSET
    """The product's description in some sentences."""
    tagline: BrandShortText | UnsetType | None = UNSET
    """The brand's own short line."""
    audience: BrandLongText | UnsetType | None = UNSET
    """The audience."""
    icp: BrandLongText | UnsetType | None = UNSET
    """The ideal customer profile."""
    brand_voice: BrandLongText | UnsetType | None = UNSET
    """The tone of voice."""
    keywords: Annotated[list[BrandShortText], Meta(max_length=50)] | UnsetType | None = UNSET
    """The topics, the most important first."""
    primary_language: Annotated[NulFreeText, Meta(max_length=35)] | UnsetType | None = UNSET
    """The brand's language, a BCP-47 tag."""
    logo_url: OptionalHttpsUrl | UnsetType | None = UNSET
    """An absolute https URL of the logo."""
    colors: Annotated[list[HexColor], Meta(max_length=20)] | UnsetType | None = UNSET
    """The colors as `#rrggbb`, the main one first."""
    links: Annotated[dict[BrandShortText, OptionalHttpsUrl], Meta(max_length=20)] | UnsetType | None = UNSET
    """The brand's pages on other sites, by the site's name."""
    platforms: Annotated[list[BrandPlatform], Meta(max_length=4)] | UnsetType | None = UNSET
    """The platforms that the product runs on."""
