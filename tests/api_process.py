"""The API in a process of its own, as the Procfile runs it."""

import contextlib
import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from schemas.settings import Settings
from tests.chaos.forkserver import Forked
from tests.process_tree import descendants, kill_all
from tests.servers import environment
from tests.waiting import until

#: Seconds to start and to stop on a busy machine.
START_S, STOP_S = 120.0, 60.0

BIN = Path(sys.executable).parent

#: Becomes the command after the descriptor, with this descriptor as the socket that systemd passes.
PASS_SOCKET = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
os.execv(sys.argv[2], sys.argv[2:])
"""


class ApiProcess(NamedTuple):
    """The API's address and process."""

    url: str
    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        """Return the pid of the first process that serves: a child of the image, which is the parent's child."""
        return descendants(self.process.pid)[1]


@contextlib.contextmanager
def serving(
    settings: Settings,
    log: Path,
    *,
    files: int | None = None,
    port: int | None = None,
    systemd_socket: socket.socket | None = None,
) -> Iterator[ApiProcess]:
    """Serve the API with these settings; `files` limits its open files."""
    limited = ["prlimit", f"--nofile={files}:{files}"] if files else []
    command = [*limited, sys.executable, "-m", "api", "--port", str(port or 0)]
    descriptors: tuple[int, ...] = ()
    if systemd_socket:
        descriptors = (systemd_socket.fileno(),)
        command = [sys.executable, "-c", PASS_SOCKET, str(*descriptors), *command]
        command[-1] = str(port or systemd_socket.getsockname()[1])
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command,
            env={**os.environ, **environment(settings)},
            stdout=output,
            stderr=output,
            start_new_session=True,
            pass_fds=descriptors,
        ) as server,
    ):
        try:
            yield ApiProcess(until(lambda: find_address(server, log), within=START_S), server)
        finally:
            server.terminate()
            try:
                server.wait(STOP_S)
            finally:
                kill_all([server.pid, *descendants(server.pid)])


def find_address(server: subprocess.Popen[bytes] | Forked, log: Path) -> str:
    """Return the address, which the log has, once the API answers there; an empty text before."""
    assert server.poll() is None, log.read_text()
    said = [line for line in log.read_bytes().splitlines() if b'"event":"serving"' in line]
    url = f"http://127.0.0.1:{msgspec.json.decode(said[0])['port']}" if said else ""
    return url if url and answers(url, "/healthz") else ""


def answers(url: str, path: str, **headers: str) -> bool:
    """Return whether the path returns 200. An httpx client would take 20 ms of CPU to build."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=START_S)
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
