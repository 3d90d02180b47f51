"""Events as they are read: what was sent, and when it came."""

from schemas import ids
from schemas.base import Instant, Real
from schemas.events import Json


class KeptEvent(Real, frozen=True, kw_only=True):
    """An event. Without `events:read+pii` what names or finds a person is `[redacted]`."""

    event_id: str
    """Its id, as it was sent."""
    app_id: ids.AppId
    name: str
    """What happened."""
    occurred_at: Instant
    """When it happened, as it was sent."""
    received_at: Instant
    """When it was kept."""
    app_user_id: str | None
    """The app's own id of the person, or null."""
    anonymous_id: str | None
    """An id of whoever had not signed in, or null."""
    value: float | None
    """The first number of `revenue_amount`, `price_amount` and `value` in `properties`; null: none."""
    currency: str | None
    """The value's currency, in capitals; null: none of ISO 4217 was sent."""
    properties: Json
    """What was sent with it."""
    context: Json
    """What was sent of its surroundings."""
