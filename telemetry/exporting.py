"""Exporter of spans by OTLP, configured by OpenTelemetry's own environment variables.

Export never delays requests or jobs: a separate thread sends the spans, and drops them when it can't keep up.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec

from schemas.errors import SettingsInvalid
from telemetry import logs, tracing

#: Variables that turn the export on; each holds the collector's address.
OTEL_ENDPOINT_VARIABLES = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
OTEL_PROTOCOL_VARIABLES = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
SUPPORTED_OTEL_PROTOCOL = "http/protobuf"

#: Seconds that a process waits at its end for the last spans to be sent.
SPAN_FLUSH_TIMEOUT_S = 2.0

_log = logs.get_logger("tracing")


@contextmanager
def export_spans(environ: Mapping[str, str], *, process: str) -> Iterator[None]:
    """Export the process's trace spans by OTLP while the block runs, if the environment configures a collector.

    Raise `SettingsInvalid` for unsupported OpenTelemetry settings. Without the extra `otel` the process runs
    untraced and logs a warning: tracing must not stop a process.
    """
    endpoint = _find_otel_endpoint_variable(environ)
    if endpoint is None:
        yield
    elif _is_otel_extra_missing():
        _log.warning(
            f"{endpoint} is set, but OpenTelemetry isn't installed, so nothing is traced: "
            "pip install 'tenantry[otel]', or remove the setting"
        )
        yield
    else:
        with _run_span_exporter(process):
            yield


def _find_otel_endpoint_variable(environ: Mapping[str, str]) -> str | None:
    """Return the variable's name that configures a trace collector; None if off. Raise `SettingsInvalid`."""
    variable = next((name for name in OTEL_ENDPOINT_VARIABLES if environ.get(name)), None)
    exporter = environ.get("OTEL_TRACES_EXPORTER") or "otlp"
    if variable is None or exporter == "none" or environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    if exporter != "otlp":
        raise SettingsInvalid("OTEL_TRACES_EXPORTER is invalid: use otlp or none")
    for name in OTEL_PROTOCOL_VARIABLES:
        if environ.get(name) not in {None, "", SUPPORTED_OTEL_PROTOCOL}:
            raise SettingsInvalid(f"{name} is invalid: only {SUPPORTED_OTEL_PROTOCOL} is supported")
    return variable


def _is_otel_extra_missing() -> bool:
    """Return whether the libraries of the extra `otel`, OpenTelemetry's exporter, aren't installed."""
    try:
        return find_spec("opentelemetry.exporter.otlp.proto.http") is None
    except ModuleNotFoundError:
        return True


@contextmanager
def _run_span_exporter(process: str) -> Iterator[None]:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    from telemetry.otel import ChosenSpanIdGenerator, OtelSpanRecorder  # noqa: PLC0415

    attributes = {"service.name": f"tenantry-{process}", "service.version": version("tenantry")}
    resource = Resource.create({**attributes, **OTELResourceDetector().detect().attributes})
    span_ids = ChosenSpanIdGenerator()
    provider = TracerProvider(resource=resource, id_generator=span_ids, shutdown_on_exit=False)
    try:
        exporter = OTLPSpanExporter()
        provider.add_span_processor(BatchSpanProcessor(exporter))
    except ValueError as error:
        raise SettingsInvalid(f"OpenTelemetry rejects a setting OTEL_...: {error}") from error
    try:
        with tracing.set_process_span_recorder(OtelSpanRecorder(provider, span_ids)):
            yield
    finally:
        # Runs in a daemon thread, which can't delay the process's end: the SDK's own timeout is longer.
        flusher = threading.Thread(target=provider.shutdown, daemon=True)
        flusher.start()
        flusher.join(SPAN_FLUSH_TIMEOUT_S)
        if flusher.is_alive():
            exporter.shutdown()  # type: ignore[no-untyped-call]
