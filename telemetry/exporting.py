"""Exporter of spans by OTLP, where the environment names a collector: OpenTelemetry's own settings say how.

It costs requests and jobs no waiting: spans go out from a thread of their own, and are dropped where it can't
keep up.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec

from schemas.errors import SettingsInvalid
from telemetry import logs, tracing

#: Settings that turn it on, each by naming who collects.
ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
PROTOCOL = "http/protobuf"

#: Seconds that the end of a process waits for the last spans to go out.
LAST_S = 2.0

_log = logs.get("tracing")


@contextmanager
def exporting(environ: Mapping[str, str], *, process: str) -> Iterator[None]:
    """While the block runs, spans go to the collector that the environment names, if it names one.

    Raises `SettingsInvalid` for what OpenTelemetry can't be set to here. Where it isn't installed the process
    runs without it, and says so: traces are no reason to be down.
    """
    endpoint = _endpoint(environ)
    if endpoint is None:
        yield
    elif _missing():
        _log.warning(
            f"{endpoint} is set, but OpenTelemetry isn't installed, and nothing is traced: "
            "pip install 'tenantry[otel]', or take the setting away"
        )
        yield
    else:
        with _exporting(process):
            yield


def _endpoint(environ: Mapping[str, str]) -> str | None:
    """The setting that names a collector, unless another one turns tracing off. Raises `SettingsInvalid`."""
    found = next((name for name in ENDPOINTS if environ.get(name)), None)
    exporter = environ.get("OTEL_TRACES_EXPORTER") or "otlp"
    if found is None or exporter == "none" or environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    if exporter != "otlp":
        raise SettingsInvalid("OTEL_TRACES_EXPORTER can't be used: it is one of otlp, none")
    for name in PROTOCOLS:
        if environ.get(name) not in {None, "", PROTOCOL}:
            raise SettingsInvalid(f"{name} can't be used: traces go out by {PROTOCOL} alone")
    return found


def _missing() -> bool:
    """True if a part of the extra `otel` isn't installed."""
    try:
        return find_spec("opentelemetry.exporter.otlp.proto.http") is None
    except ModuleNotFoundError:
        return True


@contextmanager
def _exporting(process: str) -> Iterator[None]:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    from telemetry.otel import Ids, OtelRecorder  # noqa: PLC0415

    named = {"service.name": f"tenantry-{process}", "service.version": version("tenantry")}
    resource = Resource.create({**named, **OTELResourceDetector().detect().attributes})
    span_ids = Ids()
    provider = TracerProvider(resource=resource, id_generator=span_ids, shutdown_on_exit=False)
    try:
        exporter = OTLPSpanExporter()
        provider.add_span_processor(BatchSpanProcessor(exporter))
    except ValueError as error:
        raise SettingsInvalid(f"OpenTelemetry can't use one of the settings OTEL_...: {error}") from error
    try:
        with tracing.recording(OtelRecorder(provider, span_ids)):
            yield
    finally:
        # In a thread that the end of the process doesn't wait for: the SDK's own patience is longer.
        last = threading.Thread(target=provider.shutdown, daemon=True)
        last.start()
        last.join(LAST_S)
        if last.is_alive():
            exporter.shutdown()  # type: ignore[no-untyped-call]
