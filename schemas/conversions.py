"""Destinations of an app's conversions, and the delivery log."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from schemas import ids
from schemas.base import CreatedAt, NulFreeText, RealClockResponseStruct, RequestStruct, ResponseStruct, UtcInstant

#: Receivers of conversions.
ConversionDestination = Literal["meta", "tiktok"]

#: States of a conversion: pending, or one of the final states.
ConversionEndState = Literal["delivered", "skipped", "failed", "expired", "outcome_unknown", "canceled"]
ConversionState = Literal["pending", "delivered", "skipped", "failed", "expired", "outcome_unknown", "canceled"]

#: Maximum names in one map.
MAX_MAPPED_CONVERSION_EVENT_NAMES = 50

PixelId = Annotated[str, Meta(pattern="^[A-Za-z0-9]+$", max_length=64, examples=["1234567890123456"])]
ConversionAccessToken = Annotated[str, Meta(pattern=r"^[\x21-\x7e]+$", min_length=8, max_length=1024)]
TestEventCode = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]+$", max_length=64, examples=["TEST12345"])]
ConversionEventName = Annotated[NulFreeText, Meta(min_length=1, max_length=128)]
DestinationEventName = Annotated[str, Meta(pattern="^[A-Za-z0-9_ -]+$", max_length=50)]
EventNameMap = Annotated[
    dict[ConversionEventName, DestinationEventName],
    Meta(max_length=MAX_MAPPED_CONVERSION_EVENT_NAMES, examples=[{"purchase_success": "Purchase"}]),
]


class CapiDestinationPatch(RequestStruct, frozen=True, kw_only=True):
    """Omitted fields stay unchanged. To enable it, a pixel and a token are required, sent now or earlier."""

    enabled: bool | UnsetType = UNSET
    """Whether new conversions are sent there; false cancels the waiting ones."""
    pixel_id: PixelId | UnsetType | None = UNSET
    """At Meta the dataset's id; at TikTok the pixel's code, or TikTok's id of a mobile app."""
    access_token: ConversionAccessToken | UnsetType | None = UNSET
    """A token with the right to send to the pixel. No answer contains it."""
    test_event_code: TestEventCode | UnsetType | None = UNSET
    """Until it is null again, all conversions are sent as tests with this code, and don't count there."""
    event_map: EventNameMap | UnsetType | None = UNSET
    """Event names mapped to the destination's names; null: the default map."""


class CapiPatch(RequestStruct, frozen=True, kw_only=True):
    """Omitted fields stay unchanged; null removes a destination with its token."""

    meta: CapiDestinationPatch | UnsetType | None = UNSET
    """Meta's Conversions API."""
    tiktok: CapiDestinationPatch | UnsetType | None = UNSET
    """TikTok's Events API."""


class CapiDestination(RealClockResponseStruct, frozen=True, kw_only=True):
    """A destination of conversions, without the token."""

    enabled: bool
    """Whether conversions are sent there."""
    pixel_id: str | None
    """The receiving pixel, or null."""
    has_access_token: bool
    """Whether a token is set. It is never shown."""
    test_event_code: str | None
    """The test code of all conversions, or null."""
    event_map: dict[str, str]
    """Event names to send, mapped to the destination's names."""
    last_forward_at: UtcInstant | None
    """When the destination last accepted conversions; null: not yet."""
    last_error: str | None
    """Why all later conversions failed, in a sentence; null: no error."""


class Capi(ResponseStruct, frozen=True, kw_only=True):
    """Destinations of an app's conversions."""

    meta: CapiDestination | None
    """The destination at Meta, or null."""
    tiktok: CapiDestination | None
    """The destination at TikTok, or null."""


class ConversionError(ResponseStruct, frozen=True, kw_only=True):
    """The reason why a conversion isn't delivered, or not yet."""

    code: str
    """The code, to branch on, such as `NO_CONSENT`."""
    message: str
    """The reason, for people."""


class ConversionDelivery(RealClockResponseStruct, frozen=True, kw_only=True):
    """The delivery of a conversion to one destination."""

    conversion_id: Annotated[str, Meta(description="Id of the delivery, `cnv_...`.")]
    app_id: ids.SdkAppId
    destination: ConversionDestination
    """The destination."""
    event_id: str
    """The event's id as the app sent it. The destination gets the same id, or its SHA-256 in hex if it
    contains a person's address or number.
    """
    event_name: str
    """The event's name in the app."""
    destination_event_name: str
    """The event's name at the destination."""
    occurred_at: UtcInstant
    """The time of occurrence."""
    state: ConversionState
    """Whether the delivery is pending, or its final state."""
    tries: int
    """Number of calls with this conversion."""
    first_tried_at: UtcInstant | None
    """When it may first have reached the destination; null: it hasn't."""
    settled_at: UtcInstant | None
    """When it ended; null: it is pending."""
    error: ConversionError | None
    """Why it wasn't delivered, or the error of its last call; null: no error. `FIELDS_DROPPED` on a
    delivered one lists the fields that were not sent: their form is invalid, or they may identify a
    person.
    """
    created_at: CreatedAt
