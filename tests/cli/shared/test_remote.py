"""Address and key of `tenantry api`, and lost responses."""

import contextlib
import http.server
import signal
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.local.folder import LOCAL_ENV_FILE, LOCAL_FOLDER
from tests.cli.conftest import Tenantry, decoded
from tests.waiting import PATIENCE_S, until

KEY = "lp_live_0123456789abcdef_secret"
SENDING = ["api", "projects", "-f", "name=Acme"]
MIB = 2**20


class Peer(http.server.ThreadingHTTPServer):
    """Server that records request lines and headers, and responds or hangs up."""

    daemon_threads = True

    def __init__(self) -> None:
        self.seen: list[dict[str, str]] = []
        self.bytes_read = 0
        self.status, self.content = 200, b"{}"
        self.hold, self.hangs_up = threading.Event(), False
        self.hold.set()
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Peer

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        while length:
            length -= len(chunk := self.rfile.read(min(length, MIB)))
            self.server.bytes_read += len(chunk)
        self.server.seen.append({"line": self.requestline, **self.headers})
        self.server.hold.wait()
        if self.server.hangs_up:
            return
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(self.server.content)

    do_GET = do_POST = answer  # noqa: N815 - the library's names

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def peer(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Peer]:
    with Peer() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setenv("TENANTRY_API", server.url)
        monkeypatch.setenv("TENANTRY_KEY", KEY)
        yield server
        server.hold.set()
        server.shutdown()


def key_of(peer: Peer) -> str:
    return peer.seen[-1]["Idempotency-Key"]


async def test_each_write_has_its_own_idempotency_key_and_reads_none(tenantry: Tenantry, peer: Peer) -> None:
    for words in (["api", "projects"], SENDING, SENDING):
        assert decoded(await tenantry(*words)) == {}
    read, first, second = (request.get("Idempotency-Key") for request in peer.seen)
    assert read is None
    assert first
    assert first != second
    assert peer.seen[0]["line"] == "GET /v1/projects HTTP/1.1"
    assert peer.seen[0]["Authorization"] == f"Bearer {KEY}"


async def test_a_lost_response_prints_the_idempotency_key(tenantry: Tenantry, peer: Peer) -> None:
    peer.hangs_up = True
    result = await tenantry(*SENDING)
    assert (result.exit_code, result.stdout) == (5, "")
    assert f"--idempotency-key {key_of(peer)}" in result.stderr
    assert KEY not in result.stderr
    assert "idempotency" not in (await tenantry("api", "projects")).stderr


@pytest.mark.parametrize("content", [b"<h1>Bad Gateway</h1>", b'{"error": {"message": "\xff"}}'])
async def test_a_proxys_own_response_is_shown_and_reported(
    tenantry: Tenantry, peer: Peer, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    peer.status, peer.content = 502, content
    for terminal in (False, True):
        monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _, is_one=terminal: is_one)
        result = await tenantry(*SENDING)
        assert result.exit_code == 1
        assert b"".join(result.stdout_bytes.split()) == b"".join(content.split())
        assert "Error: 502 Bad Gateway" in result.stderr
        assert key_of(peer) in result.stderr


async def test_a_redirect_is_not_followed(tenantry: Tenantry, peer: Peer) -> None:
    peer.status = 307
    assert (await tenantry("api", "projects")).exit_code == 0
    assert len(peer.seen) == 1


async def test_an_unreadable_file_of_the_platform_is_reported(
    tenantry: Tenantry, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TENANTRY_API")
    LOCAL_ENV_FILE.mkdir(parents=True)
    result = await tenantry(*SENDING)
    assert (result.exit_code, result.stdout) == (5, "")
    assert "can't be read" in result.stderr


async def test_an_unreachable_api_is_reported_without_the_key(
    tenantry: Tenantry, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENANTRY_API", "http://127.0.0.1:1")
    result = await tenantry(*SENDING)
    assert (result.exit_code, result.stdout) == (5, "")
    assert "no response" in result.stderr
    assert "idempotency" not in result.stderr


def test_ctrl_c_prints_the_idempotency_key_of_a_write(peer: Peer) -> None:
    peer.hold.clear()
    command = [sys.executable, "-m", "cli", *SENDING]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        with contextlib.suppress(AssertionError):
            until(lambda: peer.seen)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out) == (130, "")
    assert err == f"The write may be committed. To repeat it safely: --idempotency-key {key_of(peer)}\n"


async def test_a_file_is_streamed(tenantry: Tenantry, peer: Peer, tmp_path: Path) -> None:
    with (tmp_path / "film.mp4").open("wb") as file:
        file.truncate(64 * MIB)
    tracemalloc.start()
    try:
        result = await tenantry("api", "uploads", "-F", "file=@film.mp4")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert decoded(result) == {}
    assert peer.bytes_read > 64 * MIB
    assert peak < 16 * MIB


async def test_a_secret_may_come_on_stdin(tenantry: Tenantry, peer: Peer) -> None:
    result = await tenantry("api", "accounts", "-F", "appPassword=@-", input="hunter2\n")
    assert decoded(result) == {}
    assert peer.bytes_read == len('{"appPassword":"hunter2"}')


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"TENANTRY_API": ""}, "TENANTRY_API"),
        ({"TENANTRY_KEY": ""}, "TENANTRY_KEY"),
        ({"TENANTRY_KEY": "hunter2\nX: y"}, "TENANTRY_KEY"),
        ({"TENANTRY_API": "ftp://api.example.com"}, "TENANTRY_API"),
        ({"TENANTRY_API": "https://operator:hunter2@api.example.com"}, "TENANTRY_API"),
    ],
)
async def test_an_invalid_setting_is_named_without_its_value(
    tenantry: Tenantry, peer: Peer, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], said: str
) -> None:
    for name, value in changed.items():
        monkeypatch.setenv(name, value)
    result = await tenantry(*SENDING)
    assert (result.exit_code, peer.seen) == (5, [])
    assert said in result.stderr
    assert "hunter2" not in result.output


async def test_a_local_platform_and_its_key_are_found(
    tenantry: Tenantry, peer: Peer, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (elsewhere / LOCAL_FOLDER).mkdir()
    (elsewhere / LOCAL_FOLDER / "env").write_text(f"PUBLIC_URL={peer.url}\n")
    (elsewhere / LOCAL_FOLDER / "demo").write_text("API_KEY=lp_live_local_key\n")
    monkeypatch.delenv("TENANTRY_API")
    await tenantry("api", "projects")
    monkeypatch.delenv("TENANTRY_KEY")
    await tenantry("api", "projects")
    monkeypatch.setenv("TENANTRY_API", peer.url)
    assert "TENANTRY_KEY" in (await tenantry("api", "projects")).stderr
    sent = [request["Authorization"] for request in peer.seen]
    assert sent == [f"Bearer {KEY}", "Bearer lp_live_local_key"]
