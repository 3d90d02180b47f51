"""Conversions: where an app's are sent, and what became of each."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from schemas import ids
from schemas.base import CreatedAt, In, Instant, Out, Real, Text

#: Whom conversions are sent to.
Destination = Literal["meta", "tiktok"]

#: What may become of a conversion: it waits, or has one of the ends.
Ended = Literal["delivered", "skipped", "failed", "expired", "outcome_unknown", "canceled"]
DeliveryState = Literal["pending", "delivered", "skipped", "failed", "expired", "outcome_unknown", "canceled"]

#: Names of one map, at most.
MOST_MAPPED = 50

PixelId = Annotated[str, Meta(pattern="^[A-Za-z0-9]+$", max_length=64, examples=["1234567890123456"])]
AccessToken = Annotated[str, Meta(pattern=r"^[\x21-\x7e]+$", min_length=8, max_length=1024)]
TestEventCode = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]+$", max_length=64, examples=["TEST12345"])]
EventName = Annotated[Text, Meta(min_length=1, max_length=128)]
DestinationName = Annotated[str, Meta(pattern="^[A-Za-z0-9_ -]+$", max_length=50)]
EventMap = Annotated[
    dict[EventName, DestinationName],
    Meta(max_length=MOST_MAPPED, examples=[{"purchase_success": "Purchase"}]),
]


class CapiDestinationPatch(In, frozen=True, kw_only=True):
    """What is omitted stays. To be enabled it needs a pixel and a token, sent now or before."""

    enabled: bool | UnsetType = UNSET
    """Whether conversions that come from now on are sent there; false cancels those that wait."""
    pixel_id: PixelId | UnsetType | None = UNSET
    """At Meta the dataset's id; at TikTok the pixel's code, or TikTok's id of an app for phones."""
    access_token: AccessToken | UnsetType | None = UNSET
    """The token that may send to the pixel. No answer has it."""
    test_event_code: TestEventCode | UnsetType | None = UNSET
    """Until it is null again, all is sent as a test with this code, and counts for nothing there."""
    event_map: EventMap | UnsetType | None = UNSET
    """Names of events, and what they are called there; null: the usual ones."""


class CapiPatch(In, frozen=True, kw_only=True):
    """What is omitted stays; null forgets a destination, its token too."""

    meta: CapiDestinationPatch | UnsetType | None = UNSET
    """Meta's Conversions API."""
    tiktok: CapiDestinationPatch | UnsetType | None = UNSET
    """TikTok's Events API."""


class CapiDestination(Real, frozen=True, kw_only=True):
    """A destination of conversions, without the token."""

    enabled: bool
    """Whether they are sent there."""
    pixel_id: str | None
    """Where they go, or null."""
    has_access_token: bool
    """Whether there is a token. It is never shown."""
    test_event_code: str | None
    """The code of tests that all are sent with, or null."""
    event_map: dict[str, str]
    """Names of events that are sent, and what they are called there."""
    last_forward_at: Instant | None
    """When conversions were last taken there; null: not yet."""
    last_error: str | None
    """Why none went through since, in a sentence; null: nothing is wrong."""


class Capi(Out, frozen=True, kw_only=True):
    """Destinations of an app's conversions."""

    meta: CapiDestination | None
    """At Meta, or null."""
    tiktok: CapiDestination | None
    """At TikTok, or null."""


class ConversionError(Out, frozen=True, kw_only=True):
    """The reason why a conversion wasn't delivered, or not yet."""

    code: str
    """To branch on, such as `NO_CONSENT`."""
    message: str
    """For people."""


class ConversionDelivery(Real, frozen=True, kw_only=True):
    """A conversion on its way to one destination."""

    conversion_id: Annotated[str, Meta(description="Id of the delivery, `cnv_...`.")]
    app_id: ids.AppId
    destination: Destination
    """Where it goes."""
    event_id: str
    """The event's id as the app sent it. The destination knows it by the same, or by its SHA-256 in hex where
    it has somebody's address or number in it."""
    event_name: str
    """What the event is called in the app."""
    destination_event_name: str
    """What it is called there."""
    occurred_at: Instant
    """When it happened."""
    state: DeliveryState
    """Whether it waits, or how it ended."""
    tries: int
    """How many calls it was part of."""
    first_tried_at: Instant | None
    """When it may first have reached the destination; null: it hasn't."""
    settled_at: Instant | None
    """When it ended; null: it waits."""
    error: ConversionError | None
    """Why it wasn't delivered, or what its last call came to; null: nothing was wrong. `FIELDS_DROPPED` on a
    delivered one names the fields that it went without: each has another form, or may name a person."""
    created_at: CreatedAt
