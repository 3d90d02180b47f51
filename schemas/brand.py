"""A brand's fields and values, and where each of them comes from."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from schemas import ids
from schemas.base import In, Instant, Out, Real, Text
from schemas.pictures import Picture, PictureKind

Source = Literal["github", "website", "appstore", "partner"]
Field = Literal[
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
]
#: A text, a list of texts, or texts by name: which one it is depends on the field alone.
Value = str | list[str] | dict[str, str]
Confidence = Annotated[float, Meta(ge=0, le=1)]
PartKind = Literal["role", "organization", "need"]
ColorRole = Literal["primary", "accent", "background"]


class BrandPart(Out, frozen=True, kw_only=True):
    """One part of an `icp`, and the words of the source that say so."""

    part: PartKind
    """A role of its customers, a kind, size or industry of their organizations, or what they need."""
    value: str
    """The part, as the value has it."""
    quote: str
    """Where the source says so, word for word."""


class BrandColor(Out, frozen=True, kw_only=True):
    """One of a brand's `colors`, what it is to the brand, and where it was found."""

    color: str
    """The color as `#rrggbb`, as the value has it."""
    role: ColorRole
    """The main color, one of up to three beside it, or the ground that they stand on."""
    rule: str
    """The places that agree on it, such as `html.theme-color+logo`."""
    url: str
    """Where the first of them was read."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that one document says of one field. `rule` names the place, such as `html.og:site_name`.

    `evidence` quotes the text that a derived value rests on, word for word; a declared value needs none.
    `parts` are those of a derived `icp`; `role` is a color's, one to each candidate.
    """

    field: Field
    value: Value
    confidence: Confidence
    rule: str
    url: str
    role: ColorRole | None = None
    evidence: list[str] = msgspec.field(default_factory=list)
    parts: list[BrandPart] = msgspec.field(default_factory=list)


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A source's word on one field: its best candidate, and the other ones, best first.

    `at` is set where the fields of a row differ in age: in the partner's.
    """

    value: Value
    confidence: Confidence
    rule: str
    url: str | None = None
    at: datetime | None = None
    evidence: list[str] = field(default_factory=list)
    parts: list[BrandPart] = field(default_factory=list)
    colors: list[BrandColor] = field(default_factory=list)
    alternatives: list["Finding"] = field(default_factory=list)


class Validators(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The validators of one answer's version, as a server sent them (RFC 9110 8.8), to ask conditionally.

    `digest` is our own, of what came: it tells the same answer from a server that sends it whole again.
    `url` is where the answer was, if redirects led elsewhere; `kind` is what it was read as, where a
    source has several kinds of document.
    """

    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    url: str | None = None
    kind: str | None = None


class Visit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Notes that an ingest leaves for the next one of the same source: which answers it read, by address.

    It holds only for the same arguments and the same `rules`, the version of our own reading.
    `url` is where its page was. `repository_id` is GitHub's: a repository keeps it when it is renamed;
    `repository` is what it was called.
    """

    rules: int
    args: dict[str, Any]
    answers: dict[str, Validators] = field(default_factory=dict)
    url: str | None = None
    repository_id: int | None = None
    repository: str | None = None


class Extraction(msgspec.Struct, frozen=True, kw_only=True):
    """The findings of one ingest: `url` is where its redirects ended, a warning is a word and its reason.

    `unchanged` means that the source said nothing new: then there are no fields, and the old ones stay.
    """

    url: str
    title: str | None
    fields: dict[Field, Finding]
    media: list[Picture] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    visit: Visit | None = None
    unchanged: bool = False


class BrandRow(msgspec.Struct, frozen=True, kw_only=True):
    """One source's row: what `brand_source` holds, and all that the merge looks at."""

    source: Source
    fields: dict[Field, Finding]
    media: list[Picture] = field(default_factory=list)
    url: str | None
    job_id: UUID | None
    at: datetime


class Provenance(Real, frozen=True, kw_only=True):
    """Who said so, where and how."""

    source: Source
    """Who said so."""
    job_id: ids.JobId | None
    """Id of the ingest that read it; null for your own values."""
    url: str | None
    """Where it was read; null for your own values."""
    confidence: Confidence
    """How sure it is, from 0 to 1."""
    rule: str
    """The place where it was found, such as `html.og:site_name`."""
    evidence: list[str]
    """Quotes of what a derived value rests on, word for word."""
    parts: list[BrandPart] | UnsetType = UNSET
    """What a derived `icp` is made of, each with its quote; left out for everything else."""
    colors: list[BrandColor] | UnsetType = UNSET
    """The `colors` with their roles and places; left out for everything else, and for your own."""
    at: Instant
    """When it was read or set, in UTC."""


class Said(Out, frozen=True, kw_only=True):
    """One value of a field and where it comes from."""

    value: Value
    """The value."""
    provenance: Provenance
    """Where it comes from."""


class BrandField(Out, frozen=True, kw_only=True):
    """What a reader sees of a field, and what it would see without that, best first."""

    value: Value | None
    """The value that wins; null: none."""
    provenance: Provenance | None
    """Where it comes from; null: nobody knows the field."""
    alternatives: list[Said]
    """What else was said of it, best first."""


class MediaProvenance(Real, frozen=True, kw_only=True):
    """Where a picture was met."""

    source: Source
    """Who showed it."""
    job_id: ids.JobId | None
    """Id of the ingest that met it."""
    url: str
    """The page that names it."""
    rule: str
    """The place on that page, such as `html.og:image`."""
    at: Instant
    """When it was met, in UTC."""


class BrandMedia(Out, frozen=True, kw_only=True):
    """A picture that an ingest met. It stays where it is: nothing of it is stored but this."""

    kind: PictureKind
    """A logo, a screenshot of the app, or any other picture of the brand."""
    url: str
    """Where it is."""
    width: int
    """Its width in pixels, measured."""
    height: int
    """Its height in pixels, measured."""
    type: str
    """Its media type, by its bytes."""
    bytes: int | None
    """Its file's length, or null where its server doesn't say."""
    alt: str | None
    """What it shows, in the source's words, or null."""
    provenance: MediaProvenance
    """Where it comes from."""


class Brand(Out, frozen=True, kw_only=True):
    """`GET /v1/projects/{id}/brand`: every field, known or not, and pictures."""

    project_id: ids.ProjectId
    fields: dict[Field, BrandField]
    """Every field, known or not, by name."""
    media: list[BrandMedia]
    """Pictures that the ingests met, logos first, each once."""


class BrandContext(Out, frozen=True, kw_only=True):
    """The merged brand; a field nobody knows is null or empty and has no provenance."""

    app_name: str | None = None
    """The product's name, or null."""
    app_description: str | None = None
    """What it is, in some sentences, or null."""
    tagline: str | None = None
    """Its own short line, or null."""
    audience: str | None = None
    """Whom it speaks to, or null."""
    icp: str | None = None
    """The customer that fits it best, or null."""
    brand_voice: str | None = None
    """How it speaks, or null."""
    keywords: list[str] = field(default_factory=list)
    """What it is about, the weightiest first."""
    primary_language: str | None = None
    """The language that it speaks in, a BCP-47 tag, or null."""
    logo_url: str | None = None
    """Its logo, or null."""
    colors: list[str] = field(default_factory=list)
    """Its colors as `#rrggbb`, the main one first."""
    links: dict[str, str] = field(default_factory=dict)
    """Its own pages elsewhere, by the name of the place."""
    provenance: dict[str, Provenance] = field(default_factory=dict)
    """Where each value comes from, by field."""


Words = Annotated[Text, Meta(max_length=4000)]
Line = Annotated[Text, Meta(max_length=200)]
Color = Annotated[str, Meta(pattern="^#[0-9a-fA-F]{6}$")]
#: As the ingest writes it: an absolute https URL; empty means none.
HttpsUrl = Annotated[str, Meta(max_length=2048, pattern=r"^(https://[^\s\x00]+)?$")]


class BrandPatch(In, frozen=True, kw_only=True):
    """The partner's own values: null drops one, an empty one means none and keeps it so."""

    app_name: Line | UnsetType | None = UNSET
    """The product's name."""
    app_description: Words | UnsetType | None = UNSET
    """What it is, in some sentences."""
    tagline: Line | UnsetType | None = UNSET
    """Its own short line."""
    audience: Words | UnsetType | None = UNSET
    """Whom it speaks to."""
    icp: Words | UnsetType | None = UNSET
    """The customer that fits it best."""
    brand_voice: Words | UnsetType | None = UNSET
    """How it speaks."""
    keywords: Annotated[list[Line], Meta(max_length=50)] | UnsetType | None = UNSET
    """What it is about, the weightiest first."""
    primary_language: Annotated[Text, Meta(max_length=35)] | UnsetType | None = UNSET
    """The language that it speaks in, a BCP-47 tag."""
    logo_url: HttpsUrl | UnsetType | None = UNSET
    """An absolute https URL of its logo."""
    colors: Annotated[list[Color], Meta(max_length=20)] | UnsetType | None = UNSET
    """Its colors as `#rrggbb`, the main one first."""
    links: Annotated[dict[Line, HttpsUrl], Meta(max_length=20)] | UnsetType | None = UNSET
    """Its own pages elsewhere, by the name of the place."""
