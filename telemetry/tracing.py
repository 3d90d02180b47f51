"""Tracing: spans of requests, job attempts and their steps, if an operator configures OpenTelemetry.

The trace id is a hash of the request id, and a job id embeds its request id. So all processes put a request
and its jobs into one trace, without any write or message. Without a recorder each call only checks for one.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from typing import TYPE_CHECKING, Literal, NamedTuple, Self, TypeAlias
from uuid import UUID

from schemas import ids
from telemetry import log_context

if TYPE_CHECKING:
    from telemetry.otel import OtelSpanInProgress, OtelSpanRecorder

SpanAttributes: TypeAlias = Mapping[str, str | int | float | bool]
SpanRole: TypeAlias = Literal["internal", "client"]
NO_SPAN_ATTRIBUTES: SpanAttributes = {}
#: A span in progress. `end` is called once.
TraceSpan: TypeAlias = "OtelSpanInProgress"


class RequestToTrace(NamedTuple):
    """A served request: times in nanoseconds since 1970, and its caller's `traceparent`."""

    request: UUID
    name: str
    began: int
    ended: int
    attributes: SpanAttributes
    error: str | None
    traceparent: str
    submits: Sequence["SubmittedJobToTrace"]


class SubmittedJobToTrace(NamedTuple):
    """A job submitted by a request or an attempt, with its time."""

    kind: str
    project_id: UUID | None
    job_id: UUID
    at: int


class _NoSpan:
    """A span that records nothing, for a process without a recorder."""

    def set_attributes(self, attributes: SpanAttributes) -> None: ...

    def mark_failed(self, error: str) -> None: ...

    def end(self, at: int | None = None) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...


_NO_SPAN = _NoSpan()
_span_recorder: "OtelSpanRecorder | None" = None


def get_process_span_recorder() -> "OtelSpanRecorder | None":
    """Return the recorder of spans of this process; None if no collector is configured."""
    return _span_recorder


@contextmanager
def set_process_span_recorder(with_: "OtelSpanRecorder") -> Iterator[None]:
    """Set the recorder of this process's trace spans for the block; then restore the previous one."""
    global _span_recorder  # noqa: PLW0603  one for a process, as OpenTelemetry has it
    previous, _span_recorder = _span_recorder, with_
    try:
        yield
    finally:
        _span_recorder = previous


def open_span(
    name: str, role: SpanRole = "internal", attributes: SpanAttributes = NO_SPAN_ATTRIBUTES
) -> "_NoSpan | _TraceSpanOfBlock":
    """Return a trace span for a `with` block, below the span of the current job attempt.

    An error that leaves the block marks the span as failed. Without a recorder or a current attempt, the span
    records nothing.
    """
    cause = log_context.current_cause()
    if _span_recorder is None or cause is None or cause.span is None:
        return _NO_SPAN
    return _TraceSpanOfBlock(_span_recorder.begin_child_span(cause.span, name, role, attributes))


class _TraceSpanOfBlock:
    """A span that ends with its block."""

    def __init__(self, span: TraceSpan) -> None:
        self._span = span
        self.set_attributes = span.set_attributes
        self.mark_failed = span.mark_failed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._span.mark_failed(kind.__name__)
        self._span.end()


def current_unix_time_ns() -> int:
    """Return the current time in nanoseconds since 1970."""
    return time.time_ns()


def find_request_or_job_id_at_trace_root(job_id: UUID) -> UUID:
    """Return the id at the root of a job's trace: that of the request that made the job, else the job's own."""
    return ids.request_id_of_job(job_id) or job_id


def trace_id_of_root(root: UUID) -> int:
    """Return the trace id of a trace's root, a request or job: a hash of its id, since samplers need random bits."""
    return int.from_bytes(blake2b(root.bytes, digest_size=16, person=b"trace").digest()) or 1


def span_id_of_request_or_submit(owner: UUID) -> int:
    """Return the id of the trace span of a request or of a job's submit: a hash of the request's or job's id."""
    return int.from_bytes(blake2b(owner.bytes, digest_size=8, person=b"span").digest()) or 1


def trace_id_log_fields(root: UUID) -> dict[str, str]:
    """Return the log field `trace_id` for a trace's root, a request or job; empty if tracing is off."""
    return {} if _span_recorder is None else {"trace_id": f"{trace_id_of_root(root):032x}"}
