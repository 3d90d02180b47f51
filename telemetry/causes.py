"""Causes: what a task of the event loop runs for, a request or an attempt of a job.

Lines of the log and spans say it, and a job that is submitted meanwhile carries it in its id
(`schemas/ids.py`), so that nothing has to be written for it.
"""

import asyncio
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from contextvars import Context, ContextVar, Token
from typing import Any, Protocol, TypeVar
from uuid import UUID

from schemas import ids

T = TypeVar("T")


class Cause(Protocol):
    """`span` is the span that others begin within; None: nobody records what is done for it.

    `submits` are the jobs that it has made, as far as nobody has told of them.
    """

    span: Any
    submits: Any

    def log_fields(self) -> Mapping[str, Any]:
        """The fields of every line that is logged for it."""
        ...

    def new_job_id(self) -> UUID:
        """The id of a job that it makes."""
        ...

    def submitted(self, *, kind: str, project_id: UUID | None, job_id: UUID) -> None:
        """It has made a job, if its transaction commits."""
        ...


_current: ContextVar[Cause | None] = ContextVar("cause", default=None)

current = _current.get


def enter(cause: Cause) -> Token[Cause | None]:
    """From now on this task, and those that it starts, run for the cause; `leave` takes it back."""
    return _current.set(cause)


leave = _current.reset


def start(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """A task that runs for nobody's cause alone, although this one begins it."""
    return asyncio.create_task(work, context=Context())


def new_job_id() -> UUID:
    cause = _current.get()
    return ids.new() if cause is None else cause.new_job_id()


def submitted(*, kind: str, project_id: UUID | None, job_id: UUID) -> None:
    if cause := _current.get():
        cause.submitted(kind=kind, project_id=project_id, job_id=job_id)


@contextmanager
def undone() -> Iterator[None]:
    """A part of a transaction that an error rolls back alone, and with it the jobs that it has made."""
    cause = _current.get()
    submits = [] if cause is None else cause.submits
    before = len(submits)
    try:
        yield
    except BaseException:
        del submits[before:]
        raise
