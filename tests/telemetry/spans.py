"""In-memory recorder of spans."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, Sampler

from telemetry import tracing
from telemetry.otel import ChosenSpanIdGenerator, OtelSpanRecorder


class RecordedSpan(NamedTuple):
    """A finished span in its trace; ids are hexadecimal, times nanoseconds."""

    name: str
    trace: str
    id: str
    parent: str | None
    kind: str
    attributes: Mapping[str, Any]
    failed: bool
    began: int
    ended: int


class Spans:
    """The finished spans."""

    def __init__(self, exporter: InMemorySpanExporter, recorder: OtelSpanRecorder) -> None:
        self.exporter, self.recorder = exporter, recorder

    @property
    def raw(self) -> Sequence[ReadableSpan]:
        return self.exporter.get_finished_spans()

    @property
    def all(self) -> list[RecordedSpan]:
        """Return the spans in the order of their begin."""
        return sorted((_read(span) for span in self.raw), key=lambda span: span.began)

    def named(self, name: str) -> list[RecordedSpan]:
        return [span for span in self.all if span.name == name]


def _read(span: ReadableSpan) -> RecordedSpan:
    assert span.context
    assert span.start_time
    assert span.end_time
    return RecordedSpan(
        span.name,
        f"{span.context.trace_id:032x}",
        f"{span.context.span_id:016x}",
        span.parent and f"{span.parent.span_id:016x}",
        span.kind.name,
        dict(span.attributes or {}),
        not span.status.is_unset,
        span.start_time,
        span.end_time,
    )


@contextmanager
def record_spans(sampler: Sampler = ALWAYS_ON) -> Iterator[Spans]:
    """Record this process's spans while the block runs."""
    exporter, span_ids = InMemorySpanExporter(), ChosenSpanIdGenerator()
    provider = TracerProvider(sampler, id_generator=span_ids, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    recorder = OtelSpanRecorder(provider, span_ids)
    with tracing.set_process_span_recorder(recorder):
        yield Spans(exporter, recorder)
