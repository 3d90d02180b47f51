"""Processes of `up` except the servers: the API, workers and the dispatcher, as in the Procfile."""

import contextlib
import http.client
import os
import signal
import sys
from collections.abc import Iterator, Mapping

import msgspec

from cli.local.folder import FOLDER
from db.server import LocalServer, Report, await_servers, end_with_parent, free_port
from jobs.kinds import KINDS
from schemas.envelope import Envelope
from schemas.settings import from_env

#: Bytes that a probe reads of a response.
MAX_ANSWER = 10_000

#: Time that a worker may need after DRAIN_S, in seconds.
END_S = 10.0

POOLS = sorted({kind.pool for kind in KINDS.values()})


def platform_processes(
    port: int, workers: Mapping[str, int], settings: Mapping[str, str]
) -> dict[str, LocalServer]:
    """Return each process by its name: `web`, `dispatcher`, and for each pool `ingest`, `ingest-2` and so on.

    `workers` has the number of workers of each pool, default one.
    """
    web = _process("web", ["api", "--port", str(port)], settings, port, "/readyz")
    pools = {
        name: _process(name, ["workers", pool], settings, free_port())
        for pool in POOLS
        for name in _worker_names(pool, workers.get(pool, 1))
    }
    return {
        "web": web,
        **pools,
        "dispatcher": _process("dispatcher", ["workers.dispatcher"], settings, free_port()),
    }


def _worker_names(pool: str, count: int) -> list[str]:
    return [pool if number == 1 else f"{pool}-{number}" for number in range(1, count + 1)]


def _process(
    name: str, words: list[str], settings: Mapping[str, str], port: int, path: str = "/healthz"
) -> LocalServer:
    environment = {**os.environ, **settings, "HEALTH_PORT": str(port), "PYTHONUNBUFFERED": "1"}
    return LocalServer(
        url=f"http://127.0.0.1:{port}",
        log=FOLDER / f"{name}.log",
        command=[*end_with_parent(signal.SIGTERM), sys.executable, "-m", *words],
        halt=signal.SIGTERM,
        ready=lambda _: not probe(port, path),
        why=lambda: probe(port, path),
        environment=environment,
        patience_s=from_env(environment).drain_s + END_S,
    )


@contextlib.contextmanager
def running(processes: Mapping[str, LocalServer], report: Report) -> Iterator[None]:
    """Start all processes in parallel, since Python's start dominates; at the end drain all in parallel."""
    try:
        for process in processes.values():
            process.launch()
        await_servers(processes, report)
        yield
    finally:
        end(processes)
        for process in processes.values():
            process.join()


def end(processes: Mapping[str, LocalServer]) -> None:
    """Signal each process to drain; a second signal drops its jobs."""
    for process in processes.values():
        process.end()


def returns_200(port: int, path: str, headers: Mapping[str, str] | None = None) -> bool:
    """Return whether a GET returns 200."""
    return not probe(port, path, headers)


def probe(port: int, path: str, headers: Mapping[str, str] | None = None) -> str:
    """Send a GET, and return the error of the network or the API, empty for a 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return "" if answer.status == 200 else f"{answer.status} {_error(answer.read(MAX_ANSWER))}"
    except (OSError, http.client.HTTPException) as error:
        return getattr(error, "strerror", None) or str(error) or type(error).__name__
    finally:
        connection.close()


def _error(body: bytes) -> str:
    """Return code and message of the API's error body, empty for any other body."""
    try:
        problem = msgspec.json.decode(body, type=Envelope).error
    except msgspec.DecodeError:
        return ""
    return f"{problem.code}: {problem.message}"
