"""Export of spans: configured by the environment, without delay for work, off without the extra."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Mapping
from uuid import UUID

import pytest

from chaos.loopback_server import serve_loopback_tcp
from schemas import ids
from schemas.errors import SettingsInvalid
from telemetry import tracing
from telemetry.exporting import export_spans
from telemetry.tracing import RequestToTrace
from tests.waiting import eventually

pytestmark = pytest.mark.timing

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
#: More spans than OpenTelemetry queues.
SPANS = 5000

#: A process without the extra: its imports, then an export.
PROCESS_WITHOUT_EXTRA = """
import sys
sys.modules["opentelemetry"] = None
import api.app, workers.runtime.worker, workers.tasks, workers.dispatcher.loop
from telemetry import logs, tracing
from telemetry.exporting import export_spans
logs.configure_logging(process="web")
with export_spans({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, process="web"):
    assert tracing.get_process_span_recorder() is None
assert [name for name in sys.modules if name.startswith("opentelemetry")] == ["opentelemetry"]
"""


def test_process_without_the_extra_logs_the_install_command() -> None:
    result = subprocess.run([sys.executable, "-c", PROCESS_WITHOUT_EXTRA], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    [line] = result.stderr.splitlines()
    assert '"level":"warning"' in line
    assert f"{ENDPOINT} is set" in line
    assert "pip install 'tenantry[otel]'" in line


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {ENDPOINT: ""},
        {ENDPOINT: "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"},
        {ENDPOINT: "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"},
    ],
)
def test_nothing_is_recorded_without_a_collector(environ: Mapping[str, str]) -> None:
    with export_spans(environ, process="web"):
        assert tracing.get_process_span_recorder() is None


@pytest.mark.parametrize(
    ("name", "value"), [("OTEL_TRACES_EXPORTER", "zipkin"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]
)
def test_error_of_an_unsupported_setting_names_it(name: str, value: str) -> None:
    with pytest.raises(SettingsInvalid, match=name), export_spans({ENDPOINT: "http://a", name: value}, process="web"):
        pass


@pytest.mark.parametrize(
    ("name", "value"), [("OTEL_BSP_MAX_QUEUE_SIZE", "0"), ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4096")]
)
def test_setting_rejected_by_opentelemetry_is_invalid(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsInvalid, match="OTEL_"), export_spans({ENDPOINT: "http://a"}, process="web"):
        pass


async def test_hanging_collector_delays_neither_work_nor_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spans over the queue's limit are dropped, and the block ends although the collector never responds."""
    requested, may_end = asyncio.Event(), asyncio.Event()

    async def hang(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(1)
        requested.set()
        await may_end.wait()

    async with serve_loopback_tcp(hang) as port:
        monkeypatch.setenv(ENDPOINT, f"http://127.0.0.1:{port}")
        await asyncio.to_thread(record_spans)
        assert requested.is_set()
        may_end.set()
    await eventually(exporter_ended)


async def exporter_ended() -> bool:
    """Return whether the exporter's thread has ended."""
    return not any("Otel" in thread.name for thread in threading.enumerate())


def record_spans() -> None:
    with export_spans({ENDPOINT: "as the SDK reads it"}, process="web"):
        recorder = tracing.get_process_span_recorder()
        assert recorder
        for _ in range(SPANS):
            recorder.record_request(
                RequestToTrace(UUID(int=ids.new_request_id_bits()), "GET /", 1, 2, {}, None, "", [])
            )
    assert tracing.get_process_span_recorder() is None
