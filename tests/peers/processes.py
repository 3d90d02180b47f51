"""Child processes of a test: peers, and the product's workers."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO

import httpx

from db.server import build_parent_death_signal_prefix
from schemas.settings import Settings
from tests.api_process import find_address
from tests.chaos import forkserver
from tests.chaos.forkserver import Forked
from tests.servers import environment
from tests.waiting import PATIENCE_S, until


@contextmanager
def running(words: Sequence[str], *, ready: str, cwd: Path | None = None) -> Iterator[None]:
    """Run a peer from the first 2xx at the address `ready` to the end of the block."""
    with (
        tempfile.TemporaryFile("w+") as said,
        subprocess.Popen(
            [*build_parent_death_signal_prefix(signal.SIGTERM), *words], cwd=cwd, stdout=subprocess.DEVNULL, stderr=said
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


@contextmanager
def serving(settings: Settings, log: Path, *, port: int = 0) -> Iterator[str]:
    """Run an API of the product, and yield its address once it serves."""
    with _ours(settings, log, "api", "--port", str(port)) as process:
        yield until(lambda: find_address(process, log))


def working(settings: Settings, pool_name: str) -> AbstractContextManager[Forked]:
    """Run a worker of the product; it polls, so a late start is fine."""
    return _ours(settings, Path(os.devnull), "workers", pool_name)


def dispatching(settings: Settings) -> AbstractContextManager[Forked]:
    """Run a dispatcher of the product."""
    return _ours(settings, Path(os.devnull), "workers.dispatcher")


@contextmanager
def _ours(settings: Settings, log: Path, *words: str) -> Iterator[Forked]:
    """Run a process as in the Procfile while the block runs."""
    process = forkserver.start([*words], {**os.environ, **environment(settings)}, log)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
