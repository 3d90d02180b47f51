"""Event as it is kept: the columns that a COPY writes, in order."""

from datetime import datetime
from typing import NamedTuple, TypeAlias
from uuid import UUID

#: The project, its app, and the event's id or what stands for it.
Key: TypeAlias = tuple[UUID, int, UUID]


class Event(NamedTuple):
    """One event. `event_id` is what was sent where `event_key` isn't it; the last two are JSON."""

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
    def key(self) -> Key:
        return self[:3]
