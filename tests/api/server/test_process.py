"""The server as a separate process, as `bin/up` starts it, without a proxy in front."""

import contextlib
import resource
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.server.admission import HttpConnectionAdmission, HttpConnectionLimits
from api.server.serve import UVICORN_TICKS_PER_SECOND, ApiHttpServer
from api.server.sockets import listen_on_port
from schemas.errors import SettingsInvalid
from schemas.settings import Settings
from tests.api.server.conftest import EchoApp
from tests.api_process import ApiProcess, serving
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.timing

#: A number of idle connections that once blocked the API for as long as they stayed.
SILENT = 1100


@contextlib.contextmanager
def open_silent_connections(served: ApiProcess, count: int) -> Iterator[list[socket.socket]]:
    """Open idle connections from one address."""
    with contextlib.ExitStack() as stack:
        port = httpx.URL(served.url).port
        assert port
        address = ("127.0.0.1", port)
        yield [stack.enter_context(socket.create_connection(address, PATIENCE_S)) for _ in range(count)]


@pytest.fixture
def raise_file_limit() -> Iterator[None]:
    """Raise the limit of open files of the test's own process."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


@pytest.mark.usefixtures("raise_file_limit")
def test_silent_stranger_blocks_no_client(settings: Settings, tmp_path: Path) -> None:
    with serving(settings, tmp_path / "api.log") as served, open_silent_connections(served, SILENT):
        for path in ("/healthz", "/readyz", "/v1/openapi.json"):
            assert httpx.get(served.url + path, timeout=PATIENCE_S).status_code == 200
        assert httpx.get(f"{served.url}/v1/projects", timeout=PATIENCE_S).status_code == 401
        metrics = httpx.get(f"{served.url}/metrics", timeout=PATIENCE_S).text
        assert 'http_connections_ended_total{reason="evicted"}' in metrics


@pytest.mark.usefixtures("raise_file_limit")
def test_connections_stay_below_the_file_limit(settings: Settings, tmp_path: Path) -> None:
    """With enough addresses it still never runs out of files, and so it never spins."""
    with serving(settings, tmp_path / "api.log", files=200) as served:
        with contextlib.ExitStack() as stack:
            for number in range(600):
                client = stack.enter_context(socket.socket())
                client.bind((f"127.0.3.{number % 200 + 1}", 0))
                client.connect(("127.0.0.1", httpx.URL(served.url).port))
            assert httpx.get(f"{served.url}/readyz", timeout=PATIENCE_S).status_code == 200
            before = cpu_s(served.pid)
            for _ in range(20):
                assert httpx.get(f"{served.url}/healthz", timeout=PATIENCE_S).status_code == 200
            assert cpu_s(served.pid) - before < 0.5
        assert len(list(Path(f"/proc/{served.pid}/fd").iterdir())) < 200
    assert "Too many open files" not in (tmp_path / "api.log").read_text()


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def test_taken_port_is_reported() -> None:
    with listen_on_port("127.0.0.1", 0) as [sock]:
        port = sock.getsockname()[1]
        with (
            pytest.raises(SettingsInvalid, match=f"--port {port} of --host 127.0.0.1 can't be used"),
            listen_on_port("127.0.0.1", port),
        ):
            pass


async def test_server_ticks_every_second() -> None:
    server = ApiHttpServer(EchoApp(), HttpConnectionAdmission(HttpConnectionLimits()))  # type: ignore[arg-type]
    for turn in range(3 * UVICORN_TICKS_PER_SECOND):
        await server.on_tick(turn)
    assert server.admission.now == 3


def test_duplicate_address_is_bound_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = socket.getaddrinfo("127.0.0.1", 0, type=socket.SOCK_STREAM)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found * 2)
    with listen_on_port("localhost", 0) as sockets:
        assert len(sockets) == 1


def test_stop_signal_exits_with_0(settings: Settings, tmp_path: Path) -> None:
    """Idle clients are disconnected; the log has no traceback."""
    with serving(settings, tmp_path / "api.log") as served, open_silent_connections(served, 3) as waiting:
        served.process.terminate()
        assert served.process.wait(PATIENCE_S) == 0
        assert {client.recv(1) for client in waiting} == {b""}
    assert "Traceback" not in (tmp_path / "api.log").read_text()
