"""Processes beside the test: a peer's, from ready to ended, and a worker of ours."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import httpx
import msgspec

from db.server import end_with_parent
from schemas.settings import Settings
from tests.waiting import until

PATIENCE_S = 30


@contextmanager
def running(words: Sequence[str], *, ready: str, cwd: Path | None = None) -> Iterator[None]:
    """From the first 2xx of the address `ready` on; nothing of it is left afterwards."""
    with (
        tempfile.TemporaryFile("w+") as said,
        subprocess.Popen(
            [*end_with_parent(signal.SIGTERM), *words], cwd=cwd, stdout=subprocess.DEVNULL, stderr=said
        ) as process,
    ):
        try:
            until(lambda: process.poll() is not None or answers(ready), within=PATIENCE_S)
            assert process.poll() is None, last_words(said)
            yield
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()


def last_words(said: IO[str]) -> str:
    said.seek(0)
    return f"a peer ended at its start: {said.read()[-2000:]}"


def answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=2).is_success
    except httpx.TransportError:
        return False


@contextmanager
def working(settings: Settings, pool_name: str) -> Iterator[None]:
    """A worker of ours, as the Procfile runs it; it finds work by itself, however late it is up."""
    own = {name.upper(): str(value) for name, value in msgspec.structs.asdict(settings).items()}
    with subprocess.Popen(
        [*end_with_parent(signal.SIGTERM), sys.executable, "-m", "workers", pool_name],
        env={**os.environ, **own}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as worker:  # fmt: skip
        try:
            yield
        finally:
            worker.terminate()
            worker.wait(PATIENCE_S)
