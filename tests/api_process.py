"""The API in a process of its own, as the Procfile runs it."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec

from db.server import free_port
from schemas.settings import Settings
from tests.waiting import until

#: On a machine that has much else to do.
START_S, STOP_S = 40.0, 20.0

BIN = Path(sys.executable).parent

SERVER = ("granian", "--interface", "asgi", "--runtime-mode", "st", "--factory", "api.app:create_app")


class Served(NamedTuple):
    """Its address, and its supervisor's process id, whose child it is."""

    url: str
    pid: int


@contextlib.contextmanager
def serving(settings: Settings, log: Path) -> Iterator[Served]:
    port = free_port()
    own = {name.upper(): str(value) for name, value in msgspec.structs.asdict(settings).items()}
    command = [str(BIN / SERVER[0]), *SERVER[1:], "--host", "127.0.0.1", "--port", str(port)]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, env={**os.environ, **own}, stdout=output, stderr=output, start_new_session=True
        ) as server,
    ):
        url = f"http://127.0.0.1:{port}"
        try:
            until(lambda: _answers(url), within=START_S)
            yield Served(url, server.pid)
        finally:
            server.terminate()
            try:
                server.wait(STOP_S)
            finally:  # One that was told to stop while it started never does.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(server.pid, signal.SIGKILL)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").is_success
    except httpx.TransportError:
        return False
