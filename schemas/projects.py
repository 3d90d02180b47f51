"""Projects as partners create, change and read them."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from schemas import ids
from schemas.base import CreatedAt, NulFreeText, RequestStruct, ResponseStruct, UpdatedAt, UtcInstant
from schemas.brand import BrandContext, BrandPatch
from schemas.jobs import ApiJobStatus as JobStatus
from schemas.jobs import JobError

ProjectStatus = Literal["active", "archived"]
#: The partner's own id of its customer: free text, not unique.
ProjectExternalId = Annotated[NulFreeText, Meta(min_length=1, max_length=255)]
ProjectMetadata = Annotated[dict[str, Any], Meta(description="Your own JSON object; at most 8 KiB and 32 levels.")]
TimeZoneName = Annotated[
    NulFreeText, Meta(description="A name of the IANA time zone database.", examples=["Europe/Berlin"])
]
LanguageTag = Annotated[NulFreeText, Meta(max_length=100, description="A BCP-47 language tag.", examples=["en-GB"])]
ProjectName = Annotated[
    NulFreeText, Meta(min_length=1, description="1 to 128 characters, without leading and trailing spaces.")
]


class ProjectCreate(RequestStruct, frozen=True, kw_only=True):
    """A project to create."""

    name: ProjectName
    timezone: TimeZoneName
    customer_external_id: ProjectExternalId | None = None
    """Your own id of the customer: free text, not unique. Also read at `metadata.partner`."""
    primary_language: LanguageTag = "en"
    metadata: ProjectMetadata = msgspec.field(default_factory=dict)


class ProjectPatch(RequestStruct, frozen=True, kw_only=True):
    """Omitted fields stay unchanged; `metadata` replaces the whole object; read-only fields are refused."""

    name: ProjectName | UnsetType = UNSET
    timezone: TimeZoneName | UnsetType = UNSET
    primary_language: LanguageTag | UnsetType = UNSET
    customer_external_id: ProjectExternalId | UnsetType | None = UNSET
    """Your own id of the customer; null removes it."""
    metadata: ProjectMetadata | UnsetType = UNSET
    """Replaces the whole object, except `customerExternalId`."""
    brand_context: BrandPatch | UnsetType = UNSET
    """Your own values of brand fields, which take precedence over ingests."""
    status: ProjectStatus | UnsetType = UNSET
    """`active` un-archives. Archive with DELETE."""


class IngestState(ResponseStruct, frozen=True, kw_only=True):
    """The status of the last ingest from one source."""

    status: JobStatus
    """The ingest's status."""
    job_id: ids.JobId
    """Id of the ingest's job."""
    completed_at: UtcInstant | None
    """When it ended; null while it runs."""
    error: JobError | None
    """Why it failed, or null."""


class IngestStates(ResponseStruct, frozen=True, kw_only=True):
    """The status of the last ingest from each source."""

    github: IngestState | None = None
    """The last ingest of a repository; null: none yet."""
    website: IngestState | None = None
    """The last ingest of a website; null: none yet."""
    appstore: IngestState | None = None
    """The last ingest of a store listing; null: none yet."""


class Project(ResponseStruct, frozen=True, kw_only=True):
    """`GET /v1/projects/{id}`."""

    id: ids.ProjectId
    organization_id: ids.OrganizationId
    name: str
    """The project's name."""
    status: ProjectStatus
    """In an `archived` project nothing new starts."""
    customer_external_id: str | None
    """Your own id of the customer, or null."""
    timezone: str
    """The IANA time zone of local times."""
    primary_language: str
    """Your value; no ingest changes it."""
    brand_context: BrandContext | None
    """The merged brand; null until an ingest ran or you set a field."""
    ingest_state: IngestStates
    """The status of the last ingest from each source."""
    requires_approval: bool
    """Whether all new content needs an approval."""
    first_n_posts_blocked: int
    """Number of items to approve before new content needs no approval."""
    current_blocked_count: int
    """Number of items that await a decision now."""
    metadata: dict[str, Any]
    """Your own object, as sent."""
    created_at: CreatedAt
    updated_at: UpdatedAt
    archived_at: UtcInstant | None
    """When it was archived; null: it is active."""


class Archived(ResponseStruct, frozen=True, kw_only=True):
    """`DELETE /v1/projects/{id}`: the canceled posts, and the job that completes the archive."""

    id: ids.ProjectId
    status: Literal["archived"]
    """Always `archived`."""
    archived_at: UtcInstant
    """When it was archived, in UTC."""
    canceled_scheduled_posts: int
    """Number of canceled posts."""
    in_flight_posts: int
    """Number of posts being sent. They end with their true outcome."""
    job_id: ids.JobId
    """Id of the job that ends the project's running work."""


class ProjectPurge(RequestStruct, frozen=True, kw_only=True):
    """The confirmation of a purge, which can't be undone."""

    name: NulFreeText
    """The exact name of the project."""


class Purging(ResponseStruct, frozen=True, kw_only=True):
    """A project being purged: a job deletes all of its data."""

    id: ids.ProjectId
    organization_id: ids.OrganizationId
    name: str
    """The project's name."""
    status: Literal["purging"]
    """Always `purging`: once the purge is done, the same request is a 404."""
    purging_at: UtcInstant
    """When the purge was requested; from then on the project is not found."""
