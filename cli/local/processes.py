"""Processes of `up` except the servers: the API, workers and the dispatcher, as in the Procfile."""

import contextlib
import http.client
import os
import signal
import sys
from collections.abc import Iterator, Mapping

import msgspec

from cli.local.folder import LOCAL_FOLDER
from db.server import (
    LocalServer,
    StartReporter,
    build_parent_death_signal_prefix,
    find_free_port,
    wait_until_servers_ready,
)
from jobs.kinds import JOB_KINDS
from schemas.envelope import Envelope
from schemas.settings import load_settings

#: Bytes that a probe reads of a response.
MAX_SERVER_PROBE_RESPONSE_BYTES = 10_000

#: Time that a worker may need after DRAIN_S, in seconds.
PROCESS_END_GRACE_S = 10.0

WORKER_POOL_NAMES = sorted({kind.pool for kind in JOB_KINDS.values()})


def build_platform_processes(
    port: int, workers: Mapping[str, int], settings: Mapping[str, str]
) -> dict[str, LocalServer]:
    """Build the platform's unstarted processes by name: `web`, `dispatcher`, and per pool `ingest`, `ingest-2` etc.

    `workers` has the number of workers of each pool, default one.
    """
    web = _build_platform_process("web", ["api", "--port", str(port)], settings, port, "/readyz")
    pools = {
        name: _build_platform_process(name, ["workers", pool], settings, find_free_port())
        for pool in WORKER_POOL_NAMES
        for name in _worker_process_names(pool, workers.get(pool, 1))
    }
    return {
        "web": web,
        **pools,
        "dispatcher": _build_platform_process("dispatcher", ["workers.dispatcher"], settings, find_free_port()),
    }


def _worker_process_names(pool: str, count: int) -> list[str]:
    return [pool if number == 1 else f"{pool}-{number}" for number in range(1, count + 1)]


def _build_platform_process(
    name: str, words: list[str], settings: Mapping[str, str], port: int, path: str = "/healthz"
) -> LocalServer:
    environment = {**os.environ, **settings, "HEALTH_PORT": str(port), "PYTHONUNBUFFERED": "1"}
    return LocalServer(
        url=f"http://127.0.0.1:{port}",
        log=LOCAL_FOLDER / f"{name}.log",
        command=[*build_parent_death_signal_prefix(signal.SIGTERM), sys.executable, "-m", *words],
        halt=signal.SIGTERM,
        ready=lambda _: not probe_local_server_for_error(port, path),
        why=lambda: probe_local_server_for_error(port, path),
        environment=environment,
        patience_s=load_settings(environment).drain_s + PROCESS_END_GRACE_S,
    )


@contextlib.contextmanager
def run_platform_processes(processes: Mapping[str, LocalServer], report: StartReporter) -> Iterator[None]:
    """Run all processes for the block, started and drained in parallel. Raise `LocalServerUnavailable` if one fails."""
    try:
        for process in processes.values():
            process.start_without_waiting()
        wait_until_servers_ready(processes, report)
        yield
    finally:
        signal_processes_to_drain(processes)
        for process in processes.values():
            process.join()


def signal_processes_to_drain(processes: Mapping[str, LocalServer]) -> None:
    """Signal each process to finish its running jobs and end; at a second signal it drops them."""
    for process in processes.values():
        process.send_orderly_stop_signal()


def probe_local_server_for_error(port: int, path: str, headers: Mapping[str, str] | None = None) -> str:
    """Send a GET request to a local port; return the error of the network or the API, empty for a 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return (
            ""
            if answer.status == 200
            else f"{answer.status} {_format_api_error_of_body(answer.read(MAX_SERVER_PROBE_RESPONSE_BYTES))}"
        )
    except (OSError, http.client.HTTPException) as error:
        return getattr(error, "strerror", None) or str(error) or type(error).__name__
    finally:
        connection.close()


def _format_api_error_of_body(body: bytes) -> str:
    """Return code and message of an API's error body as `code: message`; empty for any other body."""
    try:
        problem = msgspec.json.decode(body, type=Envelope).error
    except msgspec.DecodeError:
        return ""
    return f"{problem.code}: {problem.message}"
