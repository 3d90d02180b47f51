"""Templates: looks of partners for generated content."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas import ids
from schemas.base import CreatedAt, NulFreeText, RequestStruct, ResponseStruct, UtcInstant
from schemas.content import ContentAspect

TemplateSlideKind = Literal["hook", "point", "list", "quote", "end"]

#: Bytes of a template file.
MAX_TEMPLATE_BYTES = 64 * 1024


class TemplateCreate(RequestStruct, frozen=True, kw_only=True):
    """A template, or the next version of the owner's template with the same name."""

    name: Annotated[
        str,
        Meta(
            pattern=r"^[a-z0-9][a-z0-9-]{0,39}$",
            max_length=40,
            description="The name, unique among the owner's templates.",
            examples=["harbour"],
        ),
    ]
    html: Annotated[
        NulFreeText,
        Meta(max_length=MAX_TEMPLATE_BYTES, description="The file, as `docs/howto/templates.md` describes."),
    ]


class TemplateNeeds(ResponseStruct, frozen=True, kw_only=True):
    """The material that a piece needs for the template."""

    photos: int
    """Number of photos."""
    photo_side_px: int
    """Shorter side of each photo in pixels, at least."""
    screenshots: int
    """Number of screenshots."""
    items: int
    """Number of list items."""
    quote: bool
    """Whether it needs a quote."""


class TemplateHeader(ResponseStruct, frozen=True, kw_only=True):
    """The header of a template's file."""

    needs: TemplateNeeds
    """The material that a piece needs."""
    suits: list[str]
    """The trades that it suits."""
    voices: list[str]
    """The voices that it suits."""
    barred_voices: list[str]
    """The voices that it never has."""
    kinds: list[TemplateSlideKind]
    """The kinds of slides that it has."""


class Template(ResponseStruct, frozen=True, kw_only=True):
    """A template in one version."""

    template_id: ids.TemplateId
    project_id: ids.ProjectId | None
    """Id of its project; null: it is for all projects of the organization."""
    name: str
    """The name."""
    version: int
    """The number of the version, from 1 on. A version never changes."""
    header: TemplateHeader
    """The header of the file."""
    created_at: CreatedAt
    version_created_at: UtcInstant
    """When this version was created, in UTC."""
    deleted_at: UtcInstant | None
    """When it was deleted, or null. A deleted one makes no new content."""


class TemplateWithSource(Template, frozen=True, kw_only=True):
    """`GET /v1/templates/{id}`."""

    html: str
    """The file."""


class TemplateDeleted(ResponseStruct, frozen=True, kw_only=True):
    """A deleted template. Content with this template stays unchanged."""

    template_id: ids.TemplateId
    deleted_at: UtcInstant
    """When it was deleted, in UTC."""


class TemplatePreview(RequestStruct, frozen=True, kw_only=True):
    """A preview of a template with the project's brand."""

    aspect: ContentAspect = "4:5"
    """The aspect of the slides."""
