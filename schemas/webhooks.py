"""Webhooks: where a partner is told, what has happened, and what became of each delivery."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from schemas import ids
from schemas.base import CreatedAt, In, Instant, Real, Text, UpdatedAt

WebhookEventType = Literal[
    "project.archived", "job.completed", "job.failed", "job.canceled", "content.generated",
    "content.approved", "content.rejected", "post.scheduled", "post.published", "post.draft_in_inbox",
    "post.failed", "post.canceled", "post.outcome_unknown", "social_account.connected",
    "social_account.needs_reauth", "social_account.revoked", "lease_request.assigned",
    "lease_request.rejected", "webhook_endpoint.disabled", "test.ping",
]  # fmt: skip
Subscription = Literal["*", WebhookEventType]
EndpointStatus = Literal["active", "paused", "disabled"]
NewEndpointStatus = Literal["active", "paused"]
DisabledReason = Literal["GONE", "FAILING"]
DeliveryStatus = Literal["pending", "delivering", "delivered", "failed", "abandoned"]

EndpointUrl = Annotated[
    Text, Meta(min_length=1, max_length=2048, examples=["https://hooks.example.com/tenantry"])
]
Subscriptions = Annotated[
    list[Subscription],
    Meta(min_length=1, max_length=50, examples=[["post.published", "post.failed"]]),
]
Description = Annotated[Text, Meta(max_length=500, examples=["Posts into our CRM"])]


class WebhookEndpointCreate(In, frozen=True, kw_only=True):
    """A webhook endpoint to make."""

    url: EndpointUrl
    """Where events are sent: https on port 443, a public host, no user in it."""
    events: Subscriptions
    """Types of events that it wants; `*` is all, those of later releases too."""
    description: Description | None = None
    """What it is for, in your words."""
    project_id: ids.ProjectId | None = None
    """The project whose events it wants; null: those of all, and what belongs to none."""
    metadata: dict[str, Any] = msgspec.field(default_factory=dict)
    """Your own JSON: 8 KiB, 32 levels."""


class WebhookEndpointPatch(In, frozen=True, kw_only=True):
    """What is omitted stays."""

    url: EndpointUrl | UnsetType = UNSET
    """Where events are sent from now on, those that wait included."""
    events: Subscriptions | UnsetType = UNSET
    """Types of events that it wants from now on."""
    description: Description | UnsetType | None = UNSET
    """What it is for; null drops it."""
    metadata: dict[str, Any] | UnsetType = UNSET
    """Your own JSON, which replaces what is there."""
    status: NewEndpointStatus | UnsetType = UNSET
    """`paused`: deliveries wait; `active`: they go on, of one that was disabled the new ones."""


class WebhookEndpoint(Real, frozen=True, kw_only=True):
    """A webhook endpoint without its secret."""

    id: ids.WebhookEndpointId
    project_id: ids.ProjectId | None
    """Id of the project whose events it wants; null: those of all."""
    url: str
    """Where events are sent."""
    events: list[Subscription]
    """Types of events that it wants."""
    description: str | None
    """What it is for, or null."""
    metadata: dict[str, Any]
    """Your own JSON."""
    status: EndpointStatus
    """Of one that is `paused` deliveries wait; a `disabled` one gets none until it is `active` again."""
    disabled_reason: DisabledReason | None
    """Why it was disabled: it answered 410 (`GONE`), or nothing but failed for days (`FAILING`); or null."""
    consecutive_failure_count: int
    """Tries without a success since the last one."""
    failing_since: Instant | None
    """When the first of them was; null: none."""
    secret_overlap_until: Instant | None
    """Until then the secret before the last rotation signs too, or null."""
    created_at: CreatedAt
    updated_at: UpdatedAt


class WebhookEndpointShown(WebhookEndpoint, frozen=True, kw_only=True):
    """The answer that carries an endpoint's secret."""

    signing_secret: str
    """What deliveries are signed with, `whsec_...`. No later answer has it."""


class WebhookEndpointDeleted(Real, frozen=True, kw_only=True):
    """An endpoint that is gone: what waited for it isn't sent."""

    id: ids.WebhookEndpointId
    deleted_at: Instant
    """When it was deleted, in UTC."""


class WebhookDelivery(Real, frozen=True, kw_only=True):
    """One event on its way to one endpoint."""

    id: ids.WebhookDeliveryId
    endpoint_id: ids.WebhookEndpointId
    event_id: ids.WebhookEventId
    event_type: WebhookEventType
    """What has happened."""
    status: DeliveryStatus
    """`failed`: every try was used up; `abandoned`: its endpoint went away or was disabled before."""
    attempts: int
    """How often it was tried."""
    next_attempt_at: Instant | None
    """When it is tried next, at the soonest; null: no more, or just now."""
    last_attempt_at: Instant | None
    """When it was tried last; null: not yet."""
    response_status: int | None
    """The status of the last answer; null: none came."""
    error_code: str | None
    """Why the last try was no success, or null."""
    replay_of: ids.WebhookDeliveryId | None
    """The delivery that was sent again by this one, or null."""
    created_at: CreatedAt
    ended_at: Instant | None
    """When it came to its end, or null."""


class WebhookEvent(Real, frozen=True, kw_only=True):
    """What has happened, without what it is about."""

    id: ids.WebhookEventId
    type: WebhookEventType
    """What has happened."""
    created_at: CreatedAt
    project_id: ids.ProjectId | None
    """Id of the project that it happened in, or null."""


class WebhookEventData(Real, frozen=True, kw_only=True):
    """What an event is about."""

    object: Any
    """The thing as its GET answers it; null where it is gone, or the body would have more than 20 KB."""
    version: int
    """It grows: of two events about one thing the one with the higher number shows the newer state."""
    object_url: str
    """Where to GET the thing."""


class WebhookEventBody(WebhookEvent, frozen=True, kw_only=True):
    """What has happened, as endpoints are told of it: the same bytes on each try."""

    data: WebhookEventData
    """What it is about."""


class WebhookEventTrigger(In, frozen=True, kw_only=True):
    """Which event to send a sample of."""

    type: Annotated[WebhookEventType, Meta(examples=["test.ping"])]
    """What it says has happened."""
    project_id: ids.ProjectId | None = None
    """The project that it happened in; unless given, one that there isn't."""


class StreamBegun(Real, frozen=True, kw_only=True):
    """What a stream of events begins with."""

    since: Instant
    """All that has happened since then is on record: an earlier gap can't be made up for."""


class WebhookReplay(In, frozen=True, kw_only=True):
    """Which events to send again."""

    since: Annotated[Instant, Meta(examples=["2026-11-01T00:00:00Z"])]
    """Events of then and later; at most 30 days ago. The real time, in a sandbox too."""
    include_delivered: bool = False
    """Whether to send those too that the endpoint has taken."""


class WebhookReplayed(Real, frozen=True, kw_only=True):
    """What is sent again."""

    deliveries: int
    """How many new deliveries there are."""
    continue_since: Instant | None
    """Where more are left: the `since` to go on with; null: that was all."""
