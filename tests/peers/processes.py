"""Child processes of a test: peers, and the product's workers."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO

import httpx

from db.server import end_with_parent_prefix
from schemas.settings import Settings
from tests.servers import environment
from tests.waiting import PATIENCE_S, until


@contextmanager
def running(words: Sequence[str], *, ready: str, cwd: Path | None = None) -> Iterator[None]:
    """Run a peer from the first 2xx at the address `ready` to the end of the block."""
    with (
        tempfile.TemporaryFile("w+") as said,
        subprocess.Popen(
            [*end_with_parent_prefix(signal.SIGTERM), *words], cwd=cwd, stdout=subprocess.DEVNULL, stderr=said
        ) as process,
    ):
        try:
            until(lambda: process.poll() is not None or answers(ready), within=2 * PATIENCE_S)
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
        return httpx.get(address, timeout=PATIENCE_S).is_success
    except httpx.TransportError:
        return False


def working(settings: Settings, pool_name: str) -> AbstractContextManager[None]:
    """Run a worker of the product; it polls, so a late start is fine."""
    return _ours(settings, "workers", pool_name)


def dispatching(settings: Settings) -> AbstractContextManager[None]:
    """Run a dispatcher of the product."""
    return _ours(settings, "workers.dispatcher")


@contextmanager
def _ours(settings: Settings, module: str, *words: str) -> Iterator[None]:
    """Run a process as in the Procfile while the block runs."""
    with subprocess.Popen(
        [*end_with_parent_prefix(signal.SIGTERM), sys.executable, "-m", module, *words],
        env={**os.environ, **environment(settings)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            yield
        finally:
            process.terminate()
            process.wait(PATIENCE_S)
