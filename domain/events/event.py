"""Event as stored: the columns of the insert, in order."""

from datetime import datetime
from typing import NamedTuple, TypeAlias
from uuid import UUID

#: Project, app number, and the key of the event's id.
EventKey: TypeAlias = tuple[UUID, int, UUID]


class NewEventRow(NamedTuple):
    """Event. `event_id` is the sent id if `event_key` differs from it; the last two fields are JSON."""

    project_id: UUID
    app_no: int
    event_key: UUID
    name: str
    occurred_at: datetime
    event_id: str | None
    user_id: str | None
    anonymous_id: str | None
    value_micros: int | None
    currency: str | None
    properties: str
    context: str

    @property
    def dedup_key(self) -> EventKey:
        return self[:3]
