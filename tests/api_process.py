"""The API in a process of its own, as the Procfile runs it."""

import contextlib
import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from schemas.settings import Settings
from tests.servers import environment
from tests.waiting import until

#: On a machine that has much else to do.
START_S, STOP_S = 120.0, 60.0

BIN = Path(sys.executable).parent


class Served(NamedTuple):
    """Its address and its process."""

    url: str
    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        return self.process.pid


@contextlib.contextmanager
def serving(
    settings: Settings, log: Path, *, files: int | None = None, port: int | None = None
) -> Iterator[Served]:
    """The API on these settings; with `files`, it may open no more than so many."""
    limited = ["prlimit", f"--nofile={files}:{files}"] if files else []
    command = [*limited, sys.executable, "-m", "api", "--port", str(port or 0)]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command,
            env={**os.environ, **environment(settings)},
            stdout=output,
            stderr=output,
            start_new_session=True,
        ) as server,
    ):
        try:
            url = until(lambda: _address(server, log), within=START_S)
            until(lambda: answers(url, "/healthz"), within=START_S)
            yield Served(url, server)
        finally:
            server.terminate()
            try:
                server.wait(STOP_S)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(server.pid, signal.SIGKILL)


def _address(server: subprocess.Popen[bytes], log: Path) -> str:
    """Where it says that it serves: nobody else may take the port before it does. None yet: empty."""
    assert server.poll() is None, log.read_text()
    said = [line for line in log.read_bytes().splitlines() if b'"event":"serving"' in line]
    return f"http://127.0.0.1:{msgspec.json.decode(said[0])['port']}" if said else ""


def answers(url: str, path: str, **headers: str) -> bool:
    """True if it answers with 200. A client of httpx takes 20 ms of CPU to make."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=START_S)
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
