"""Webhook endpoints, events and deliveries."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from schemas import ids
from schemas.base import CreatedAt, NulFreeText, RealClockResponseStruct, RequestStruct, UpdatedAt, UtcInstant

WebhookEventType = Literal[
    "project.archived", "job.completed", "job.failed", "job.canceled", "content.generated",
    "content.approved", "content.rejected", "post.scheduled", "post.published", "post.draft_in_inbox",
    "post.failed", "post.canceled", "post.outcome_unknown", "social_account.connected",
    "social_account.needs_reauth", "social_account.revoked", "lease_request.assigned",
    "lease_request.rejected", "webhook_endpoint.disabled", "test.ping",
]  # fmt: skip
WebhookSubscription = Literal["*", WebhookEventType]
WebhookEndpointStatus = Literal["active", "paused", "disabled"]
NewWebhookEndpointStatus = Literal["active", "paused"]
WebhookDisabledReason = Literal["GONE", "FAILING"]
WebhookDeliveryStatus = Literal["pending", "delivering", "delivered", "failed", "abandoned"]

WebhookEndpointUrl = Annotated[
    NulFreeText, Meta(min_length=1, max_length=2048, examples=["https://hooks.example.com/tenantry"])
]
WebhookSubscriptions = Annotated[
    list[WebhookSubscription], Meta(min_length=1, max_length=50, examples=[["post.published", "post.failed"]])
]
WebhookDescription = Annotated[NulFreeText, Meta(max_length=500, examples=["Posts into our CRM"])]


class WebhookEndpointCreate(RequestStruct, frozen=True, kw_only=True):
    """A webhook endpoint to create."""

    url: WebhookEndpointUrl
    """The receiving URL: https on port 443, a public host, no user in it."""
    events: WebhookSubscriptions
    """The subscribed event types; `*` means all, including those of later releases."""
    description: WebhookDescription | None = None
    """Your description of its purpose."""
    project_id: ids.ProjectId | None = None
    """Only events of this project; null: all events, also those without a project."""
    metadata: dict[str, Any] = msgspec.field(default_factory=dict)
    """Your own JSON: 8 KiB, 32 levels."""


class WebhookEndpointPatch(RequestStruct, frozen=True, kw_only=True):
    """Omitted fields stay unchanged."""

    url: WebhookEndpointUrl | UnsetType = UNSET
    """The new receiving URL, also for waiting deliveries."""
    events: WebhookSubscriptions | UnsetType = UNSET
    """The new subscribed event types."""
    description: WebhookDescription | UnsetType | None = UNSET
    """The purpose; null removes it."""
    metadata: dict[str, Any] | UnsetType = UNSET
    """Your own JSON, which replaces the previous one."""
    status: NewWebhookEndpointStatus | UnsetType = UNSET
    """`paused`: deliveries wait; `active`: deliveries resume. A disabled endpoint gets only new ones."""


class WebhookEndpoint(RealClockResponseStruct, frozen=True, kw_only=True):
    """A webhook endpoint without its secret."""

    id: ids.WebhookEndpointId
    project_id: ids.ProjectId | None
    """Id of the project that events are limited to; null: all events."""
    url: str
    """The receiving URL."""
    events: list[WebhookSubscription]
    """The subscribed event types."""
    description: str | None
    """The purpose, or null."""
    metadata: dict[str, Any]
    """Your own JSON."""
    status: WebhookEndpointStatus
    """`paused`: deliveries wait. `disabled`: no deliveries until it is `active` again."""
    disabled_reason: WebhookDisabledReason | None
    """Why it was disabled: it answered 410 (`GONE`), or failed each time for days (`FAILING`)."""
    consecutive_failure_count: int
    """Failed attempts since the last success."""
    failing_since: UtcInstant | None
    """When the first of them failed; null: none."""
    secret_overlap_until: UtcInstant | None
    """Until then the previous secret also signs, after a rotation; or null."""
    created_at: CreatedAt
    updated_at: UpdatedAt


class WebhookEndpointShown(WebhookEndpoint, frozen=True, kw_only=True):
    """The answer with an endpoint's secret."""

    signing_secret: str
    """The secret that signs deliveries, `whsec_...`. No later answer has it."""


class WebhookEndpointDeleted(RealClockResponseStruct, frozen=True, kw_only=True):
    """A deleted endpoint: its waiting deliveries aren't sent."""

    id: ids.WebhookEndpointId
    deleted_at: UtcInstant
    """When it was deleted, in UTC."""


class WebhookDelivery(RealClockResponseStruct, frozen=True, kw_only=True):
    """The delivery of one event to one endpoint."""

    id: ids.WebhookDeliveryId
    endpoint_id: ids.WebhookEndpointId
    event_id: ids.WebhookEventId
    event_type: WebhookEventType
    """The event's type."""
    status: WebhookDeliveryStatus
    """`failed`: all attempts failed; `abandoned`: its endpoint was deleted or disabled before."""
    attempts: int
    """Number of attempts."""
    next_attempt_at: UtcInstant | None
    """When the next attempt begins at the earliest; null: no more attempts, or an attempt is running."""
    last_attempt_at: UtcInstant | None
    """When the last attempt began; null: not yet."""
    response_status: int | None
    """The status of the last answer; null: no answer."""
    error_code: str | None
    """Why the last attempt failed, or null."""
    replay_of: ids.WebhookDeliveryId | None
    """Id of the delivery that this one replays, or null."""
    created_at: CreatedAt
    ended_at: UtcInstant | None
    """When it ended, or null."""


class WebhookEvent(RealClockResponseStruct, frozen=True, kw_only=True):
    """An event without its data."""

    id: ids.WebhookEventId
    type: WebhookEventType
    """The event's type."""
    created_at: CreatedAt
    project_id: ids.ProjectId | None
    """Id of the event's project, or null."""


class WebhookEventData(RealClockResponseStruct, frozen=True, kw_only=True):
    """The object of an event."""

    object: Any
    """The object as its GET returns it; null if it was deleted, or the body would exceed 20 KB."""
    version: int
    """The object's version: of two events about one object, the higher version has the newer state."""
    object_url: str
    """The URL of the object."""


class WebhookEventBody(WebhookEvent, frozen=True, kw_only=True):
    """An event, as it is sent to endpoints: the same bytes in each attempt."""

    data: WebhookEventData
    """The object of the event."""


class WebhookEventTrigger(RequestStruct, frozen=True, kw_only=True):
    """A sample event to send."""

    type: Annotated[WebhookEventType, Meta(examples=["test.ping"])]
    """The event's type."""
    project_id: ids.ProjectId | None = None
    """The event's project; default: a random id."""


class WebhookStreamStartMessage(RealClockResponseStruct, frozen=True, kw_only=True):
    """The first message of a stream of events."""

    since: UtcInstant
    """All events since then are recorded; earlier gaps can't be filled."""


class WebhookReplay(RequestStruct, frozen=True, kw_only=True):
    """The events to send again."""

    since: Annotated[UtcInstant, Meta(examples=["2026-11-01T00:00:00Z"])]
    """Events at this time or later; at most 30 days ago. Real time, also in a sandbox."""
    include_delivered: bool = False
    """Whether to also send events that the endpoint has already accepted."""


class WebhookReplayed(RealClockResponseStruct, frozen=True, kw_only=True):
    """The result of a replay."""

    deliveries: int
    """Number of new deliveries."""
    continue_since: UtcInstant | None
    """If more events are left: the `since` of the next call; null: none are left."""
