"""Projects as partners create, change and see them."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from schemas import ids
from schemas.base import CreatedAt, In, Instant, Out, Text, UpdatedAt
from schemas.brand import BrandContext, BrandPatch
from schemas.jobs import JobError
from schemas.jobs import Status as JobStatus

Status = Literal["active", "archived"]
#: The partner's own id of its customer: free text, not unique.
ExternalId = Annotated[Text, Meta(min_length=1, max_length=255)]
Metadata = Annotated[dict[str, Any], Meta(description="The partner's own; at most 8 KiB and 32 levels.")]
Zone = Annotated[Text, Meta(description="A name of the IANA time zone database.", examples=["Europe/Berlin"])]
Language = Annotated[Text, Meta(max_length=100, description="A BCP-47 language tag.", examples=["en-GB"])]
Name = Annotated[Text, Meta(min_length=1, description="1 to 128 characters without the spaces around them.")]


class ProjectCreate(In, frozen=True, kw_only=True):
    """A project to make."""

    name: Name
    timezone: Zone
    customer_external_id: ExternalId | None = None
    """Your own id of the customer: free text, not unique. Also read at `metadata.partner`."""
    primary_language: Language = "en"
    metadata: Metadata = msgspec.field(default_factory=dict)


class ProjectPatch(In, frozen=True, kw_only=True):
    """What is omitted stays; `metadata` replaces the whole object; the system's fields are refused."""

    name: Name | UnsetType = UNSET
    timezone: Zone | UnsetType = UNSET
    primary_language: Language | UnsetType = UNSET
    customer_external_id: ExternalId | UnsetType | None = UNSET
    """Your own id of the customer; null drops it."""
    metadata: Metadata | UnsetType = UNSET
    """Replaces the whole object, all but `customerExternalId`."""
    brand_context: BrandPatch | UnsetType = UNSET
    """Your own values of brand fields, which always win."""
    status: Status | UnsetType = UNSET
    """`active` un-archives. Archive with DELETE."""


class IngestState(Out, frozen=True, kw_only=True):
    """How the last ingest from one source went."""

    status: JobStatus
    """How it went."""
    job_id: ids.JobId
    """Id of its job."""
    completed_at: Instant | None
    """When it ended; null while it runs."""
    error: JobError | None
    """Why it failed, or null."""


class IngestStates(Out, frozen=True, kw_only=True):
    """How the last ingest of each source went."""

    github: IngestState | None = None
    """The last ingest of a repository; null: none yet."""
    website: IngestState | None = None
    """The last ingest of a website; null: none yet."""
    appstore: IngestState | None = None
    """The last ingest of a store listing; null: none yet."""


class Project(Out, frozen=True, kw_only=True):
    """`GET /v1/projects/{id}`."""

    id: ids.ProjectId
    organization_id: ids.OrganizationId
    name: str
    """What it is called."""
    status: Status
    """`archived` projects start nothing."""
    customer_external_id: str | None
    """Your own id of the customer, or null."""
    timezone: str
    """The IANA time zone that local times are of."""
    primary_language: str
    """Yours; no ingest touches it."""
    brand_context: BrandContext | None
    """What is known of the brand; null until an ingest ran or you set a field."""
    ingest_state: IngestStates
    """How the last ingest of each source went."""
    requires_approval: bool
    """Whether all new content needs an approval."""
    first_n_posts_blocked: int
    """How many items have to be approved before new content needs none."""
    current_blocked_count: int
    """How many items await a decision now."""
    metadata: dict[str, Any]
    """Your own object, as you sent it."""
    created_at: CreatedAt
    updated_at: UpdatedAt
    archived_at: Instant | None
    """When it was archived; null: it is active."""


class Archived(Out, frozen=True, kw_only=True):
    """`DELETE /v1/projects/{id}`: what the archive stopped, and the job that carries it out."""

    id: ids.ProjectId
    status: Literal["archived"]
    """Always `archived`."""
    archived_at: Instant
    """When it was archived, in UTC."""
    canceled_scheduled_posts: int
    """How many waiting posts never go out."""
    in_flight_posts: int
    """How many posts are on their way. They end truthfully."""
    job_id: ids.JobId
    """Id of the job that ends what the project has running."""


class ProjectPurge(In, frozen=True, kw_only=True):
    """For certainty: what is purged is gone for good."""

    name: Text
    """The project's name, exactly."""


class Purging(Out, frozen=True, kw_only=True):
    """A project on its way out: its job deletes all that is its own."""

    id: ids.ProjectId
    organization_id: ids.OrganizationId
    name: str
    """What it was called."""
    status: Literal["purging"]
    """Always `purging`: the same request is a 404 once it is gone."""
    purging_at: Instant
    """When the purge was asked for; from then on the project is not found."""
