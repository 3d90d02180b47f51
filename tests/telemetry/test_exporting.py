"""Export of spans: configured by the environment, without delay for work, off without the extra."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Mapping
from uuid import UUID

import pytest

from rehearsal.acceptor import accepting
from schemas import ids
from schemas.errors import SettingsInvalid
from telemetry import tracing
from telemetry.exporting import exporting
from telemetry.tracing import Served
from tests.waiting import eventually

AT = "OTEL_EXPORTER_OTLP_ENDPOINT"
#: More spans than OpenTelemetry queues.
MANY = 5000

#: A process without the extra: its imports, then an export.
WITHOUT = """
import sys
sys.modules["opentelemetry"] = None
import api.app, workers.runtime.worker, workers.tasks, workers.dispatcher.loop
from telemetry import logs, tracing
from telemetry.exporting import exporting
logs.configure(process="web")
with exporting({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, process="web"):
    assert tracing.recorder() is None
assert [name for name in sys.modules if name.startswith("opentelemetry")] == ["opentelemetry"]
"""


def test_without_the_extra_a_process_runs_and_says_what_to_install() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [line] = done.stderr.splitlines()
    assert '"level":"warning"' in line
    assert f"{AT} is set" in line
    assert "pip install 'tenantry[otel]'" in line


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {AT: ""},
        {AT: "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"},
        {AT: "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"},
    ],
)
def test_nothing_is_recorded_unless_a_collector_is_named(environ: Mapping[str, str]) -> None:
    with exporting(environ, process="web"):
        assert tracing.recorder() is None


@pytest.mark.parametrize(
    ("name", "value"), [("OTEL_TRACES_EXPORTER", "zipkin"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]
)
def test_what_is_not_there_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsInvalid, match=name), exporting({AT: "http://a", name: value}, process="web"):
        pass


@pytest.mark.parametrize(
    ("name", "value"), [("OTEL_BSP_MAX_QUEUE_SIZE", "0"), ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4096")]
)
def test_what_opentelemetry_refuses_is_a_setting_to_correct(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsInvalid, match="OTEL_"), exporting({AT: "http://a"}, process="web"):
        pass


async def test_a_collector_that_hangs_holds_up_neither_work_nor_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Spans over the queue's limit are dropped, and the block ends although the collector never responds."""
    asked, may_end = asyncio.Event(), asyncio.Event()

    async def hang(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(1)
        asked.set()
        await may_end.wait()

    async with accepting(hang) as port:
        monkeypatch.setenv(AT, f"http://127.0.0.1:{port}")
        await asyncio.to_thread(work)
        assert asked.is_set()
        may_end.set()
    await eventually(gone)


async def gone() -> bool:
    """Return whether the exporter's thread has ended."""
    return not any("Otel" in one.name for one in threading.enumerate())


def work() -> None:
    with exporting({AT: "as the SDK reads it"}, process="web"):
        recorder = tracing.recorder()
        assert recorder
        for _ in range(MANY):
            recorder.served(Served(UUID(int=ids.new_request()), "GET /", 1, 2, {}, None, "", []))
    assert tracing.recorder() is None
