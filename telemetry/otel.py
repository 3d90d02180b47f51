"""Recorder of spans with OpenTelemetry's SDK, which the extra `otel` installs. Only `exporting` imports it.

Names follow the semantic conventions where one exists. Attributes hold no data of callers: no URL except its
host, no header, no argument, no error message.
"""

from uuid import UUID

from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace import Span as Inner
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from schemas import ids
from telemetry import tracing
from telemetry.tracing import RequestToTrace, SpanAttributes, SpanRole, SubmittedJobToTrace

OTEL_SPAN_KINDS = {"internal": SpanKind.INTERNAL, "client": SpanKind.CLIENT}
#: An empty context: spans active elsewhere in the thread aren't parents.
EMPTY_PARENT_CONTEXT = Context()


class ChosenSpanIdGenerator(IdGenerator):
    """Generates ids of spans. `trace` and `span`, if set, are the next ids, once; others are random."""

    def __init__(self) -> None:
        self.trace = self.span = 0
        self._random = RandomIdGenerator()

    def generate_trace_id(self) -> int:
        chosen, self.trace = self.trace, 0
        return chosen or self._random.generate_trace_id()

    def generate_span_id(self) -> int:
        chosen, self.span = self.span, 0
        return chosen or self._random.generate_span_id()


class OtelSpanInProgress:
    """A span in progress of OpenTelemetry's SDK."""

    def __init__(self, span: Inner) -> None:
        self.inner = span

    def set_attributes(self, attributes: SpanAttributes) -> None:
        self.inner.set_attributes(attributes)

    def mark_failed(self, error: str) -> None:
        """Mark the span as failed with a code or type, never with a message, which may contain callers' data."""
        self.inner.set_attribute("error.type", error)
        self.inner.set_status(StatusCode.ERROR)

    def end(self, at: int | None = None) -> None:
        """End the trace span at a time in nanoseconds since 1970, by default now."""
        self.inner.end(at)


class OtelSpanRecorder:
    """Recorder with derived ids: each process computes the ids of a request's spans from its job ids."""

    def __init__(self, provider: TracerProvider, span_ids: ChosenSpanIdGenerator) -> None:
        self._ids = span_ids
        self._sampler = provider.sampler
        self._tracer = provider.get_tracer("tenantry")

    def record_request(self, served: RequestToTrace) -> None:
        """Record the trace span of a served request, and a span for each job that the request submitted.

        A caller's own trace is linked and not continued: otherwise strangers could control sampling.
        """
        self._ids.trace = tracing.trace_id_of_root(served.request)
        span = self._begin_span_in_context(
            served.name,
            EMPTY_PARENT_CONTEXT,
            SpanKind.SERVER,
            served.attributes,
            span_id=tracing.span_id_of_request_or_submit(served.request),
            links=_build_traceparent_links(served.traceparent),
            at=served.began,
        )
        if served.error is not None:
            span.mark_failed(served.error)
        parent_context = set_span_in_context(span.inner, EMPTY_PARENT_CONTEXT)
        for submit in served.submits:
            self._record_submit_span(parent_context, submit)
        span.end(served.ended)

    def record_job_submit(self, attempt: OtelSpanInProgress, submit: SubmittedJobToTrace) -> None:
        """Record the trace span of a job that another job's attempt submits.

        The span belongs to the new job's own trace and links to the attempt: weeks may lie between the two.
        """
        self._ids.trace = tracing.trace_id_of_root(submit.job_id)
        self._record_submit_span(EMPTY_PARENT_CONTEXT, submit, [Link(attempt.inner.get_span_context())])

    def _record_submit_span(
        self, parent_context: Context, submit: SubmittedJobToTrace, links: list[Link] | None = None
    ) -> None:
        attributes = {
            **_job_span_attributes(submit.job_id, submit.project_id),
            **_job_as_message_span_attributes(submit.kind, "send"),
        }
        span = self._begin_span_in_context(
            f"send {submit.kind}",
            parent_context,
            SpanKind.PRODUCER,
            attributes,
            span_id=tracing.span_id_of_request_or_submit(submit.job_id),
            links=links,
            at=submit.at,
        )
        span.end(submit.at)

    def begin_attempt_span(self, job_id: UUID, name: str, attributes: SpanAttributes) -> OtelSpanInProgress:
        """Begin the trace span of a job's attempt in the job's trace, and return the span.

        If a request made the job, the attempt's span is below the span of the submit.
        """
        trace_id = tracing.trace_id_of_root(tracing.find_request_or_job_id_at_trace_root(job_id))
        parent_context = EMPTY_PARENT_CONTEXT
        if ids.request_id_of_job(job_id) is None:
            self._ids.trace = trace_id
        else:
            parent_context = self._build_submit_parent_context(trace_id, tracing.span_id_of_request_or_submit(job_id))
        return self._begin_span_in_context(
            f"process {name}",
            parent_context,
            SpanKind.CONSUMER,
            {**attributes, **_job_as_message_span_attributes(name, "process")},
        )

    def begin_child_span(
        self, parent: OtelSpanInProgress, name: str, role: SpanRole, attributes: SpanAttributes, at: int | None = None
    ) -> OtelSpanInProgress:
        return self._begin_span_in_context(
            name, set_span_in_context(parent.inner, EMPTY_PARENT_CONTEXT), OTEL_SPAN_KINDS[role], attributes, at=at
        )

    def _begin_span_in_context(
        self,
        name: str,
        parent_context: Context,
        kind: SpanKind,
        attributes: SpanAttributes,
        *,
        span_id: int = 0,
        links: list[Link] | None = None,
        at: int | None = None,
    ) -> OtelSpanInProgress:
        self._ids.span = span_id
        return OtelSpanInProgress(self._tracer.start_span(name, parent_context, kind, attributes, links, at))

    def _build_submit_parent_context(self, trace_id: int, span_id: int) -> Context:
        """Return a trace context with a span of another process as the parent of new spans.

        The trace id decides the sampling, as in that process.
        """
        decided = self._sampler.should_sample(EMPTY_PARENT_CONTEXT, trace_id, "").decision
        sampled = decided is Decision.RECORD_AND_SAMPLE
        flags = TraceFlags(TraceFlags.SAMPLED if sampled else TraceFlags.DEFAULT)
        parent = SpanContext(trace_id, span_id, is_remote=True, trace_flags=flags)
        return set_span_in_context(NonRecordingSpan(parent), EMPTY_PARENT_CONTEXT)


def _build_traceparent_links(traceparent: str) -> list[Link]:
    """Return a list with a link to the trace span in a caller's `traceparent` header; empty if it is invalid.

    The caller's `tracestate` is dropped.
    """
    found = TraceContextTextMapPropagator().extract({"traceparent": traceparent}, EMPTY_PARENT_CONTEXT)
    theirs = get_current_span(found).get_span_context()
    return [Link(theirs)] if theirs.is_valid else []


def _job_span_attributes(job_id: UUID, project_id: UUID | None) -> dict[str, str]:
    project = (
        {} if project_id is None else {"tenantry.project.id": ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, project_id)}
    )
    return {"tenantry.job.id": ids.format_prefixed_id(ids.JOB_ID_PREFIX, job_id)} | project


def _job_as_message_span_attributes(kind: str, operation: str) -> dict[str, str]:
    """Return a job's trace attributes by messaging conventions: it counts as a message to its kind's workers."""
    return {
        "messaging.system": "tenantry",
        "messaging.destination.name": kind,
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
    }
