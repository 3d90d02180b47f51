"""Events of SDK apps as received, and the reasons of rejected ones."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schemas import ids
from schemas.base import NulFreeText, RealClockResponseStruct, RequestStruct, ResponseStruct, UtcInstant

#: Maximum events of one request of an app, and of a partner's server.
MAX_EVENTS_PER_APP_REQUEST, MAX_EVENTS_PER_SERVER_REQUEST = 500, 100

SdkEventName = Annotated[str, Meta(min_length=1, max_length=128)]
SdkEventId = Annotated[str, Meta(min_length=1, max_length=128)]
EventPersonId = Annotated[str, Meta(min_length=1, max_length=255)]

#: An object stored as text; its content is parsed later.
RawJsonObject = Annotated[msgspec.Raw, Meta(extra_json_schema={"type": "object"})]

#: Replaces personal data for a key without the scope to read it.
REDACTED_PII_TEXT = "[redacted]"

#: Why an event was rejected, to branch on.
EventRejection = Literal["MALFORMED", "INVALID", "TOO_LARGE", "TOO_DEEP", "BAD_TIME", "BAD_VALUE"]

_EMPTY_JSON_OBJECT = msgspec.Raw(b"{}")


def _empty_json_object() -> msgspec.Raw:
    """Return an empty JSON object, the default of an event's properties and context.

    The two fields use this function as a factory, since the API document can't express such a default.
    """
    return _EMPTY_JSON_OBJECT


class EventIn(RequestStruct, frozen=True, kw_only=True, gc=False):
    """One event. `properties` and `context` are JSON, stored unchanged."""

    name: SdkEventName
    """The event's name, such as `purchase_success`."""
    event_id: SdkEventId
    """The event's id, created by the sender. Events of one app with the same id are duplicates."""
    occurred_at: UtcInstant
    """The time of occurrence, with `Z` or an offset: at most 7 days ago and an hour ahead."""
    app_user_id: EventPersonId | None = None
    """The app's own id of the person."""
    anonymous_id: EventPersonId | None = None
    """An id of a person who isn't signed in."""
    properties: RawJsonObject = msgspec.field(default_factory=_empty_json_object)
    """Any JSON object. Its `revenue_amount`, `price_amount` or `value` is the event's value, in
    `currency`, a code of ISO 4217.
    """
    context: RawJsonObject = msgspec.field(default_factory=_empty_json_object)
    """Any JSON object: device, page, campaign."""


class EventsIn(RequestStruct, frozen=True, kw_only=True):
    """Events of one app, in any order."""

    events: Annotated[list[EventIn], Meta(min_length=1, max_length=MAX_EVENTS_PER_APP_REQUEST)]
    """At most 500. A rejected event doesn't affect the others."""
    sent_at: UtcInstant | None = None
    """When the request was sent, by the sender's clock. It changes no `occurredAt`."""


class ServerEventBodyAppIds(RequestStruct, frozen=True, kw_only=True):
    """The app of the events from a partner's server."""

    project_id: Annotated[NulFreeText, Meta(max_length=60, description="Id of the project, `prj_...`.")]
    sdk_app_id: Annotated[NulFreeText, Meta(max_length=60, description="Id of the SDK app, `app_...`.")]


class EventsFromServer(ServerEventBodyAppIds, frozen=True, kw_only=True):
    """Events of one app of a project, in any order."""

    events: Annotated[list[EventIn], Meta(min_length=1, max_length=MAX_EVENTS_PER_SERVER_REQUEST)]
    """At most 100. A rejected event doesn't affect the others."""


class Rejected(ResponseStruct, frozen=True, kw_only=True):
    """A rejected event; the other events of its request were stored."""

    index: int
    """The index in `events`, from 0."""
    code: EventRejection
    """The reason. `MALFORMED`: not UTF-8. `INVALID`: a field is missing, unknown, too long or of another
    type. `TOO_LARGE`: more than 32 KiB of `properties` and `context`. `TOO_DEEP`: more than 100 levels in
    one of them. `BAD_TIME`: occurred more than 7 days ago, or more than an hour ahead. `BAD_VALUE`: a
    value beyond a billion.
    """


class QuarantinedEvent(RealClockResponseStruct, frozen=True, kw_only=True):
    """A rejected event, as far as it can be parsed."""

    id: Annotated[str, Meta(description="Id of the entry, `qev_...`.")]
    app_id: ids.SdkAppId
    code: EventRejection
    """The reason."""
    name: str | None
    """The event's name, if its text has one."""
    event_id: str | None
    """The event's id, if its text has one."""
    text: str
    """The received text, up to 4,096 characters."""
    received_at: UtcInstant
    """When it was received, in UTC."""


class EventsTaken(ResponseStruct, frozen=True, kw_only=True):
    """The result of a request with events, sent after its commit."""

    accepted: int
    """Number of events stored by this request."""
    duplicates: int
    """Number of events stored before, or sent twice in this request."""
    rejected: list[Rejected]
    """The rejected events, by their index in the request."""
