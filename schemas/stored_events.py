"""Stored events: the sent fields, and the time of receipt."""

from schemas import ids
from schemas.base import RealClockResponseStruct, UtcInstant
from schemas.events import RawJsonObject


class KeptEvent(RealClockResponseStruct, frozen=True, kw_only=True):
    """An event. Without `events:read+pii`, values that identify or locate a person are `[redacted]`."""

    event_id: str
    """The event's id, as sent."""
    app_id: ids.SdkAppId
    name: str
    """The event's name."""
    occurred_at: UtcInstant
    """The time of occurrence, as sent."""
    received_at: UtcInstant
    """When it was stored."""
    app_user_id: str | None
    """The app's own id of the person, or null."""
    anonymous_id: str | None
    """An id of a person who wasn't signed in, or null."""
    value: float | None
    """The first number among `revenue_amount`, `price_amount` and `value` in `properties`; null: none."""
    currency: str | None
    """The value's currency, in capitals; null: no code of ISO 4217 was sent."""
    properties: RawJsonObject
    """The properties, as sent."""
    context: RawJsonObject
    """The context, as sent."""
