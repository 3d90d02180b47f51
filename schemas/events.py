"""Events of SDK apps as they come, and what is said of those that are refused."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schemas import ids
from schemas.base import In, Instant, Out, Real, Text

#: Events of one request of an app, and of a partner's server, at most.
MOST_EVENTS, MOST_FROM_SERVER = 500, 100

EventName = Annotated[str, Meta(min_length=1, max_length=128)]
EventId = Annotated[str, Meta(min_length=1, max_length=128)]
PersonId = Annotated[str, Meta(min_length=1, max_length=255)]

#: An object whose text is kept; what is in it is read later.
Json = Annotated[msgspec.Raw, Meta(extra_json_schema={"type": "object"})]

#: What a key without the scope for it reads in place of what may name a person.
REDACTED = "[redacted]"

#: Why an event was refused, to branch on.
RejectCode = Literal["MALFORMED", "INVALID", "TOO_LARGE", "TOO_DEEP", "BAD_TIME", "BAD_VALUE"]

_NOTHING = msgspec.Raw(b"{}")


def _empty() -> msgspec.Raw:
    """A default that the API's document has no word for."""
    return _NOTHING


class EventIn(In, frozen=True, kw_only=True, gc=False):
    """One event. `properties` and `context` are JSON that is kept as it was sent."""

    name: EventName
    """What happened, such as `purchase_success`."""
    event_id: EventId
    """Its id, made where it happened. What comes with the same id from the same app is the same event."""
    occurred_at: Instant
    """When it happened, with `Z` or an offset: at most 7 days ago and an hour ahead."""
    app_user_id: PersonId | None = None
    """The app's own id of the person."""
    anonymous_id: PersonId | None = None
    """An id of whoever has not signed in."""
    properties: Json = msgspec.field(default_factory=_empty)
    """Any JSON object. `revenue_amount`, `price_amount` or `value` in it is its value, in `currency`,
    a code of ISO 4217."""
    context: Json = msgspec.field(default_factory=_empty)
    """Any JSON object: device, page, campaign."""


class EventsIn(In, frozen=True, kw_only=True):
    """Events of one app, in any order."""

    events: Annotated[list[EventIn], Meta(min_length=1, max_length=MOST_EVENTS)]
    """At most 500. One that can't be kept doesn't keep the others back."""
    sent_at: Instant | None = None
    """When this was sent, by the sender's clock. It changes no `occurredAt`."""


class ServerHead(In, frozen=True, kw_only=True):
    """The app whose events a partner's server sends."""

    project_id: Annotated[Text, Meta(max_length=60, description="Id of the project, `prj_...`.")]
    sdk_app_id: Annotated[Text, Meta(max_length=60, description="Id of the SDK app, `app_...`.")]


class EventsFromServer(ServerHead, frozen=True, kw_only=True):
    """Events of one app of a project, in any order."""

    events: Annotated[list[EventIn], Meta(min_length=1, max_length=MOST_FROM_SERVER)]
    """At most 100. One that can't be kept doesn't keep the others back."""


class Rejected(Out, frozen=True, kw_only=True):
    """An event that was refused; the others of its request were not."""

    index: int
    """Its place in `events`, from 0."""
    code: RejectCode
    """Why: `MALFORMED` is no UTF-8; `INVALID` lacks a field, or has one that is unknown, too long or of
    another type; `TOO_LARGE` has more than 32 KiB of `properties` and `context`, `TOO_DEEP` more than 100
    levels in one of them; `BAD_TIME` occurred more than 7 days ago, or more than an hour ahead; `BAD_VALUE`
    has a value beyond a billion."""


class QuarantinedEvent(Real, frozen=True, kw_only=True):
    """An event that was refused, as far as it can be read."""

    id: Annotated[str, Meta(description="Id of the entry, `qev_...`.")]
    app_id: ids.AppId
    code: RejectCode
    """Why it was refused."""
    name: str | None
    """Its name, where its text says one."""
    event_id: str | None
    """Its id, where its text says one."""
    text: str
    """What came, up to 4,096 characters of it."""
    received_at: Instant
    """When it came, in UTC."""


class EventsTaken(Out, frozen=True, kw_only=True):
    """What became of the events of a request, once all of it is committed."""

    accepted: int
    """Events that are kept since this request."""
    duplicates: int
    """Events that were kept before, or came twice in this request."""
    rejected: list[Rejected]
    """Events that are not kept, by their place in the request; empty where all are."""
