"""Tracing: spans of requests, attempts and what they do, where an operator has OpenTelemetry collect them.

A trace's id follows from the id of the request that began it, and a job's id tells its request's: so the
spans of a request, and of its jobs in whatever process, are of one trace, and nothing is written or sent for
that. Without a recorder nothing here does more than to look whether there is one.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from typing import Literal, NamedTuple, Protocol, Self, TypeAlias
from uuid import UUID

from schemas import ids
from telemetry import causes

Attributes: TypeAlias = Mapping[str, str | int | float | bool]
Role: TypeAlias = Literal["internal", "client"]
NOTHING: Attributes = {}


class Span(Protocol):
    """A span that has begun. `end` is called once."""

    def note(self, attributes: Attributes) -> None: ...

    def fail(self, error: str) -> None:
        """It failed, by this word: a code or a type, never a message, which may have what people sent."""
        ...

    def end(self, at: int | None = None) -> None:
        """At a time in nanoseconds since 1970; now unless it is given."""
        ...


class Served(NamedTuple):
    """A request that has its answer, by times in nanoseconds since 1970, and its caller's `traceparent`."""

    request: UUID
    name: str
    began: int
    ended: int
    attributes: Attributes
    error: str | None
    traceparent: str
    submits: Sequence["Submit"]


class Submit(NamedTuple):
    """A job that a request or an attempt has made, and when."""

    kind: str
    project_id: UUID | None
    job_id: UUID
    at: int


class Recorder(Protocol):
    """Maker of spans."""

    def served(self, served: Served) -> None: ...

    def attempt(self, job_id: UUID, name: str, attributes: Attributes) -> Span: ...

    def submitted(self, attempt: Span, submit: Submit) -> None: ...

    def begin(
        self, parent: Span, name: str, role: Role, attributes: Attributes, at: int | None = None
    ) -> Span: ...


class _Silent:
    """A span that nobody records."""

    def note(self, attributes: Attributes) -> None: ...

    def fail(self, error: str) -> None: ...

    def end(self, at: int | None = None) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...


_SILENT = _Silent()
_recorder: Recorder | None = None


def recorder() -> Recorder | None:
    """The recorder of this process, if somebody collects."""
    return _recorder


@contextmanager
def recording(with_: Recorder) -> Iterator[None]:
    """While the block runs, it records."""
    global _recorder  # noqa: PLW0603  one for a process, as OpenTelemetry has it
    before, _recorder = _recorder, with_
    try:
        yield
    finally:
        _recorder = before


def within(name: str, role: Role = "internal", attributes: Attributes = NOTHING) -> "_Silent | _Block":
    """A span of the block, within that of the attempt which this task runs for.

    An error that leaves the block fails it.
    """
    cause = causes.current()
    if _recorder is None or cause is None or cause.span is None:
        return _SILENT
    return _Block(_recorder.begin(cause.span, name, role, attributes))


class _Block:
    """A span that ends with a block."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self.note = span.note
        self.fail = span.fail

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._span.fail(kind.__name__)
        self._span.end()


def now() -> int:
    """Nanoseconds since 1970."""
    return time.time_ns()


def root_of(job_id: UUID) -> UUID:
    """The id that a job's trace begins with: its request's, or its own where no request made it."""
    return ids.request_of(job_id) or job_id


def trace_of(root: UUID) -> int:
    """The id of a trace: 128 bits that look like chance, by which samplers choose."""
    return int.from_bytes(blake2b(root.bytes, digest_size=16, person=b"trace").digest()) or 1


def span_of(owner: UUID) -> int:
    """The id of the span of a request, or of the submit of a job."""
    return int.from_bytes(blake2b(owner.bytes, digest_size=8, person=b"span").digest()) or 1


def fields(root: UUID) -> dict[str, str]:
    """The field of a line that leads to the trace, where there is one."""
    return {} if _recorder is None else {"trace_id": f"{trace_of(root):032x}"}
