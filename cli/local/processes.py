"""Processes of `up` beside the servers: the API, workers and the dispatcher, as in the Procfile."""

import contextlib
import http.client
import os
import signal
import sys
from collections.abc import Iterator, Mapping

from cli.local.folder import FOLDER
from db.server import Server, end_with_parent, free_port
from jobs.kinds import KINDS
from schemas.settings import from_env

#: A worker lets its jobs finish for DRAIN_S; this is what it may need besides.
END_S = 10.0

POOLS = sorted({kind.pool for kind in KINDS.values()})


def platform(port: int, workers: Mapping[str, int], settings: Mapping[str, str]) -> dict[str, Server]:
    """Each process by its name: `web`, `dispatcher`, and for each pool `ingest`, `ingest-2` and so on.

    `workers` says how many of each pool; one where it doesn't.
    """
    web = _process("web", ["api", "--port", str(port)], settings, port, "/readyz")
    pools = {
        name: _process(name, ["workers", pool], settings, free_port())
        for pool in POOLS
        for name in _names(pool, workers.get(pool, 1))
    }
    return {
        "web": web,
        **pools,
        "dispatcher": _process("dispatcher", ["workers.dispatcher"], settings, free_port()),
    }


def _names(pool: str, count: int) -> list[str]:
    return [pool if number == 1 else f"{pool}-{number}" for number in range(1, count + 1)]


def _process(
    name: str, words: list[str], settings: Mapping[str, str], port: int, path: str = "/healthz"
) -> Server:
    environment = {**os.environ, **settings, "HEALTH_PORT": str(port), "PYTHONUNBUFFERED": "1"}
    return Server(
        url=f"http://127.0.0.1:{port}",
        log=FOLDER / f"{name}.log",
        command=[*end_with_parent(signal.SIGTERM), sys.executable, "-m", *words],
        halt=signal.SIGTERM,
        ready=lambda _: answers(port, path),
        environment=environment,
        patience_s=from_env(environment).drain_s + END_S,
    )


@contextlib.contextmanager
def running(processes: Mapping[str, Server]) -> Iterator[None]:
    """All of them at once, since most of a start is Python's; at the end all drain at once."""
    try:
        for process in processes.values():
            process.launch()
        for process in processes.values():
            process.await_ready()
        yield
    finally:
        end(processes)
        for process in processes.values():
            process.join()


def end(processes: Mapping[str, Server]) -> None:
    """Ask each to drain; asked again, they drop what they do."""
    for process in processes.values():
        process.end()


def answers(port: int, path: str, headers: Mapping[str, str] | None = None) -> bool:
    """True if a GET is answered with 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path, headers=headers or {})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
