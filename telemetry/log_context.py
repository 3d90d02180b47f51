"""Causes: the request or job attempt that the current event loop task works for.

Log lines and spans carry the cause's ids. A job submitted meanwhile embeds the request id in its own id
(`schemas/ids.py`), so the link needs no write.
"""

import asyncio
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from contextvars import Context, ContextVar, Token
from typing import Any, Protocol, TypeVar
from uuid import UUID

from schemas import ids

T = TypeVar("T")


class WorkCause(Protocol):
    """A request or a job attempt.

    `span` is the parent of new spans; None for a request, or without a recorder. `submits` are submitted jobs
    without a span yet.
    """

    span: Any
    submits: Any

    def log_fields(self) -> Mapping[str, Any]:
        """Return the fields of this request or job attempt for each of its log lines."""
        ...

    def new_job_id(self) -> UUID:
        """Return a new id for a job that this request or job attempt submits."""
        ...

    def record_submitted_job(self, *, kind: str, project_id: UUID | None, job_id: UUID) -> None:
        """Record a job that this request or attempt submitted; it counts only if its transaction commits."""
        ...


_current_cause_variable: ContextVar[WorkCause | None] = ContextVar("cause", default=None)

current_cause = _current_cause_variable.get


def set_current_cause(cause: WorkCause) -> Token[WorkCause | None]:
    """Set the request or job attempt for which this asyncio task works, and each task that it starts.

    Return the token that restores the previous one.
    """
    return _current_cause_variable.set(cause)


detach_cause = _current_cause_variable.reset


def start_task_outside_request(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Start and return a task that belongs to no request or job attempt, since it works for many requests."""
    return asyncio.create_task(work, context=Context())


def new_job_id() -> UUID:
    cause = _current_cause_variable.get()
    return ids.new_uuid7() if cause is None else cause.new_job_id()


def trace_submitted_job(*, kind: str, project_id: UUID | None, job_id: UUID) -> None:
    if cause := _current_cause_variable.get():
        cause.record_submitted_job(kind=kind, project_id=project_id, job_id=job_id)


@contextmanager
def drop_submit_spans_on_error() -> Iterator[None]:
    """Wrap a savepoint: if the block raises, forget the jobs that it submitted, which are rolled back.

    The error is raised again.
    """
    cause = _current_cause_variable.get()
    submits = [] if cause is None else cause.submits
    before = len(submits)
    try:
        yield
    except BaseException:
        del submits[before:]
        raise
