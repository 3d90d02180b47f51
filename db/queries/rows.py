"""Shapes of rows that more than one module reads: the columns of their statements, in order."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from schemas.jobs import Status


class JobRow(NamedTuple):
    """A job as partners see it (the view `partner_job`)."""

    id: UUID
    project_id: UUID | None
    kind: str
    status: Status
    stage: str
    version: int
    progress: float
    attempt: int
    max_attempts: int
    cancel_requested: bool
    retry_of: UUID | None
    created_at: datetime
    finished_at: datetime | None
    result: Any
    error: dict[str, Any] | None
