"""Projects as partners create, change and see them."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from schemas.base import In, Instant, Out, Text
from schemas.brand import BrandContext, BrandPatch
from schemas.jobs import JobError

Status = Literal["active", "archived"]
#: The partner's own id of its customer: free text, not unique.
ExternalId = Annotated[Text, Meta(min_length=1, max_length=255)]
Metadata = Annotated[dict[str, Any], Meta(description="The partner's own; at most 8 KiB and 32 levels.")]
Zone = Annotated[Text, Meta(description="A name of the IANA time zone database.", examples=["Europe/Berlin"])]
Language = Annotated[Text, Meta(max_length=100, description="A BCP-47 language tag.", examples=["en-GB"])]
Name = Annotated[Text, Meta(min_length=1, description="1 to 128 characters without the spaces around them.")]


class ProjectCreate(In, frozen=True, kw_only=True):
    """`customerExternalId` may come here or at `metadata.partner.customerExternalId`."""

    name: Name
    timezone: Zone
    customer_external_id: ExternalId | None = None
    primary_language: Language = "en"
    metadata: Metadata = msgspec.field(default_factory=dict)


class ProjectPatch(In, frozen=True, kw_only=True):
    """What is omitted stays; `metadata` replaces the whole object; the system's fields are refused."""

    name: Name | UnsetType = UNSET
    timezone: Zone | UnsetType = UNSET
    primary_language: Language | UnsetType = UNSET
    customer_external_id: ExternalId | UnsetType | None = UNSET
    metadata: Metadata | UnsetType = UNSET
    brand_context: BrandPatch | UnsetType = UNSET
    status: Status | UnsetType = UNSET


class IngestState(Out, frozen=True, kw_only=True):
    """How the last ingest from one source went."""

    status: Literal["running", "completed", "failed", "canceled"]
    job_id: str
    completed_at: Instant | None
    error: JobError | None


class IngestStates(Out, frozen=True, kw_only=True):
    """Null for a source that was never asked."""

    github: IngestState | None = None
    website: IngestState | None = None
    appstore: IngestState | None = None


class Project(Out, frozen=True, kw_only=True):
    """`GET /v1/projects/{id}`; `currentBlockedCount` is counted at each read."""

    id: str
    organization_id: str
    name: str
    status: Status
    customer_external_id: str | None
    timezone: str
    primary_language: str
    brand_context: BrandContext | None
    ingest_state: IngestStates
    requires_approval: bool
    first_n_posts_blocked: int
    current_blocked_count: int
    metadata: dict[str, Any]
    created_at: Instant
    updated_at: Instant
    archived_at: Instant | None


class Archived(Out, frozen=True, kw_only=True):
    """`DELETE /v1/projects/{id}`: what the archive stopped, and the job that carries it out."""

    id: str
    status: Literal["archived"]
    archived_at: Instant
    canceled_scheduled_posts: int
    in_flight_posts: int
    job_id: str
