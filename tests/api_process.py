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

from db.server import free_port
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
    port = port or free_port()
    limited = ["prlimit", f"--nofile={files}:{files}"] if files else []
    command = [*limited, sys.executable, "-m", "api", "--port", str(port)]
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
        url = f"http://127.0.0.1:{port}"
        try:
            until(lambda: answers(url, "/healthz"), within=START_S)
            yield Served(url, server)
        finally:
            server.terminate()
            try:
                server.wait(STOP_S)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(server.pid, signal.SIGKILL)


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
