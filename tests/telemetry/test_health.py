"""Health server of a worker."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

import httpx
import msgspec
import pytest

from processes.image import PROCESS_WITHOUT_IMAGE, ServingProcessFacts
from schemas.envelope import Envelope
from schemas.errors import SettingsInvalid
from schemas.hosts import AllowedHostHeaders
from telemetry import health
from tests.waiting import PATIENCE_S, eventually
from workers.runtime.background import run_background_loops_during_block


async def test_server_returns_health_and_metrics() -> None:
    async with (
        health.serve_health(0) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", verify=False, timeout=PATIENCE_S) as client,
    ):
        alive, metrics = await client.get("/healthz"), await client.get("/metrics")
    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
    assert "loop_lag_seconds" in metrics.text
    assert "jobs_settled_total" in metrics.text


async def test_error_of_a_taken_port_names_the_setting() -> None:
    async with health.serve_health(0) as port:
        with pytest.raises(SettingsInvalid, match=f"METRICS_PORT {port}"):
            async with health.serve_health(port, setting="METRICS_PORT"):
                pass


async def test_replacement_takes_the_port_once_its_predecessor_frees_it() -> None:
    process, hosts = ServingProcessFacts(number=1, is_replacement=True), AllowedHostHeaders()
    async with AsyncExitStack() as predecessor:
        port = await predecessor.enter_async_context(health.serve_health(0))
        serving = health.serve_process_health(port - 1, process, setting="HEALTH_PORT", host="127.0.0.1", hosts=hosts)
        async with serving:
            await predecessor.aclose()

            async def is_served() -> bool:
                try:
                    return (await get_metrics(port, "localhost"))[0] == 200
                except httpx.TransportError:
                    return False

            await eventually(is_served)


async def test_replacement_says_once_that_its_port_stays_taken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(health, "ATTEMPTS_BEFORE_TAKEN_PORT_WARNING", 1)
    monkeypatch.setattr(health, "TAKEN_PORT_RETRY_PAUSE_S", 0.001)
    attempts = Counter[str]()

    async def find_port_taken(*_: object) -> None:
        attempts["all"] += 1
        raise OSError

    async def has_tried_often() -> bool:
        return attempts["all"] > 10

    monkeypatch.setattr(asyncio, "start_server", find_port_taken)
    process, hosts = ServingProcessFacts(is_replacement=True), AllowedHostHeaders()
    async with health.serve_process_health(1, process, setting="HEALTH_PORT", host="127.0.0.1", hosts=hosts):
        await eventually(has_tried_often)
    assert "".join(capsys.readouterr()).count("stays taken") == 1


async def test_process_of_a_first_start_fails_at_a_taken_port() -> None:
    async with health.serve_health(0) as port:
        with pytest.raises(SettingsInvalid, match=f"HEALTH_PORT {port}"):
            async with health.serve_process_health(
                port, PROCESS_WITHOUT_IMAGE, setting="HEALTH_PORT", host="127.0.0.1", hosts=AllowedHostHeaders()
            ):
                pass


@pytest.mark.parametrize("request_bytes", [b"", b"\r\n\r\n", b"\x16\x03\x01\x00\xa5", b"G" * 100_000])
async def test_server_survives_invalid_requests(request_bytes: bytes) -> None:
    async with health.serve_health(0) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request_bytes)
        writer.write_eof()
        await asyncio.wait_for(reader.read(), PATIENCE_S)
        writer.close()
        async with httpx.AsyncClient(verify=False, timeout=PATIENCE_S) as client:
            assert (await client.get(f"http://127.0.0.1:{port}/healthz")).status_code == 200


async def test_failing_loop_ends_the_block_with_its_error() -> None:
    async def fail() -> None:
        raise LookupError("a loop of ours broke")

    with pytest.raises(ExceptionGroup) as raised:
        async with run_background_loops_during_block(fail()):
            await asyncio.Event().wait()
    assert raised.group_contains(LookupError)


async def get_metrics(port: int, host: str) -> tuple[int, bytes]:
    async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as client:
        answer = await client.get(f"http://127.0.0.1:{port}/metrics", headers={"Host": host})
        return answer.status_code, answer.content


async def test_unknown_host_name_gets_421() -> None:
    """DNS rebinding: the browser connects to this port, and names the page's host."""
    async with health.serve_health(0, hosts=AllowedHostHeaders(["worker-1.internal"])) as port:
        status, body = await get_metrics(port, f"evil.example:{port}")
        error = msgspec.json.decode(body, type=Envelope).error
        assert (status, error.code) == (421, "HOST_NOT_ALLOWED")
        for host in (f"127.0.0.1:{port}", f"localhost:{port}", "10.1.2.3:9100", "[::1]:9100", "worker-1.internal"):
            assert (await get_metrics(port, host))[0] == 200, host


async def test_server_listens_on_loopback_by_default() -> None:
    async with health.serve_health(0) as port:
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.2", port)
    async with health.serve_health(0, host="0.0.0.0") as port:
        _, writer = await asyncio.open_connection("127.0.0.2", port)
        writer.close()
