"""`python -m tools.bench.http_load PLAN`: HTTP callers in their own process.

PLAN is a file of JSON, a `BenchLoad`. It prints one line, an `LoadResponses`. It uses a raw asyncio protocol:
on two cores a full client would cost more than the measured server.
"""

import asyncio
import gzip
import itertools
import math
import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import cast
from uuid import uuid4

import msgspec
import uvloop

from chaos.environment import BenchServersAndSettings
from chaos.processes import run_module_and_read_json
from schemas.errors import BenchmarkFailed
from tools.bench.events import generated
from tools.bench.load import print_json_to_parent

CONTENT_LENGTH_HEADER = b"\r\ncontent-length: "
HTTP_HEAD_END = b"\r\n\r\n"

#: Seconds that the last response may take beyond the plan.
LOAD_RESPONSE_TIMEOUT_S = 60.0


class EventRouteAndApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """An app's endpoint: a path and its key."""

    path: str
    key: str


class BenchLoad(msgspec.Struct, frozen=True, kw_only=True):
    """Load on a port of this host: one of `creating_keys`, `jobs` and `endpoints` says what is requested.

    Keys create projects for `seconds`, pairs of a key and a job id read jobs for as long. Endpoints get
    `requests` of `batch` events each, in turn. With `per_s` requests are sent at fixed times, regardless of
    responses; otherwise each connection sends the next request after a response.
    """

    port: int = 0
    connections: int
    seconds: float = 0.0
    per_s: float = 0.0
    creating_keys: list[str] = []
    jobs: list[tuple[str, str]] = []
    endpoints: list[EventRouteAndApiKey] = []
    requests: int = 0
    batch: int = 0


class LoadResponses(msgspec.Struct, frozen=True, kw_only=True):
    """The responses' seconds and latencies, and their accepted events.

    A latency counts from the request's due time, without `per_s` from its sending. `refused` counts responses
    other than 2xx, `sample` is one of them.
    """

    seconds: float
    latencies_ms: list[float]
    accepted: int
    refused: int
    sample: str

    @property
    def response_count(self) -> int:
        return len(self.latencies_ms)

    @property
    def per_s(self) -> float:
        return self.response_count / self.seconds


class _EventResponseBody(msgspec.Struct):
    accepted: int = 0


class _LoadConnection(asyncio.Protocol):
    """A keep-alive connection with at most one request in flight."""

    def __init__(self, load: "_LoadRun") -> None:
        self.load = load
        self.received, self.since = b"", 0.0
        self.ended = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's transport does not inherit from it

    def data_received(self, data: bytes) -> None:
        self.received += data
        if _is_whole_response(self.received):
            self.load.record_response(self.received, self.since)
            self.received = b""
            self.load.send_next_request_or_close(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(exc or ConnectionError("the server closed the connection"))

    def send(self, request: bytes, since: float) -> None:
        self.since = since
        self.transport.write(request)

    def end(self) -> None:
        self.ended.set_result(None)
        self.transport.close()


class _LoadRun:
    """Requests for idle connections, and the responses.

    Paced requests wait in `due` with their times, and connections in `idle`. Others come from `requests`.
    """

    def __init__(self, requests: Iterator[bytes], *, paced: bool) -> None:
        self.requests, self.paced, self.until = requests, paced, math.inf
        self.due = deque[tuple[bytes, float]]()
        self.idle: list[_LoadConnection] = []
        self.latencies_ms: list[float] = []
        self.responses: list[bytes] = []

    def record_response(self, response: bytes, since: float) -> None:
        self.latencies_ms.append((time.perf_counter() - since) * 1000)
        self.responses.append(response)

    def send_next_request_or_close(self, caller: _LoadConnection) -> None:
        """Send the load's next request on an idle connection; without one, wait if paced, else close the connection."""
        now = time.perf_counter()
        if self.due:
            caller.send(*self.due.popleft())
        elif self.paced:
            self.idle.append(caller)
        elif now < self.until and (request := next(self.requests, None)):
            caller.send(request, now)
        else:
            caller.end()

    async def send_paced_requests(self, per_s: float) -> None:
        """Send a paced run's requests at their times, then close idle connections. uvloop is up to 1 ms late."""
        start = time.perf_counter()
        for number, request in enumerate(self.requests):
            due = start + number / per_s
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            self.due.append((request, due))
            if self.idle:
                self.send_next_request_or_close(self.idle.pop())
        self.paced = False
        for caller in self.idle:
            caller.end()


async def run_load_plan(environment: BenchServersAndSettings, plan: BenchLoad) -> LoadResponses:
    """Run a load plan in a process of its own, and return its responses.

    Raises `BenchmarkFailed` for any response other than 2xx.
    """
    path = environment.folder / "plan.json"
    path.write_bytes(msgspec.json.encode(plan))
    answers = msgspec.convert(
        await run_module_and_read_json(environment, "tools.bench.http_load", str(path)), LoadResponses
    )
    if answers.refused:
        raise BenchmarkFailed(f"{answers.refused} of {answers.response_count} were refused, such as:\n{answers.sample}")
    return answers


async def run_load_plan_in_this_process(plan: BenchLoad) -> LoadResponses:
    """Run a load plan in this process, and return its responses.

    Bodies of events are built before the clock starts. Raises OSError for a closed connection or late response.
    """
    loop, load = asyncio.get_running_loop(), _LoadRun(_build_bench_requests(plan), paced=bool(plan.per_s))
    callers = [
        (await loop.create_connection(lambda: _LoadConnection(load), "127.0.0.1", plan.port))[1]
        for _ in range(plan.connections)
    ]
    start = time.perf_counter()
    load.until = start + plan.seconds if plan.seconds else math.inf
    for caller in callers:
        load.send_next_request_or_close(caller)
    if plan.per_s:
        await load.send_paced_requests(plan.per_s)
    async with asyncio.timeout(plan.seconds + LOAD_RESPONSE_TIMEOUT_S):
        await asyncio.gather(*(caller.ended for caller in callers))
    return _summarize_load_run(load, time.perf_counter() - start, counts_events=bool(plan.endpoints))


def _summarize_load_run(load: _LoadRun, seconds: float, *, counts_events: bool) -> LoadResponses:
    refused = [response for response in load.responses if not response.startswith(b"HTTP/1.1 2")]
    bodies = [response.partition(HTTP_HEAD_END)[2] for response in load.responses if counts_events and not refused]
    return LoadResponses(
        seconds=seconds,
        latencies_ms=load.latencies_ms,
        accepted=sum(msgspec.json.decode(body, type=_EventResponseBody).accepted for body in bodies),
        refused=len(refused),
        sample=refused[0].decode(errors="replace") if refused else "",
    )


def _build_bench_requests(plan: BenchLoad) -> Iterator[bytes]:
    if plan.endpoints:
        return iter([*_yield_event_requests(plan)])
    return _yield_job_polls(plan.jobs) if plan.jobs else _yield_project_create_requests(plan.creating_keys)


def _yield_project_create_requests(keys: list[str]) -> Iterator[bytes]:
    """Yield requests that each create a project, for the keys in turn, endlessly; each has a new Idempotency-Key."""
    for turn, key in enumerate(itertools.cycle(keys)):
        fields = {
            "name": f"Project {turn}", "timezone": "Europe/Berlin", "customerExternalId": f"customer-{turn}"
        }  # fmt: skip
        headers = f"Content-Type: application/json\r\nIdempotency-Key: {uuid4()}"
        yield _format_load_post_request("/v1/projects", key, headers, msgspec.json.encode(fields))


def _yield_job_polls(jobs: list[tuple[str, str]]) -> Iterator[bytes]:
    heads = [f"GET /v1/jobs/{job} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}" for key, job in jobs]
    return itertools.cycle([head.encode() + HTTP_HEAD_END for head in heads])


def _yield_event_requests(plan: BenchLoad) -> Iterator[bytes]:
    headers = "Content-Type: application/json\r\nContent-Encoding: gzip"
    endpoints = itertools.cycle(plan.endpoints)
    for body, endpoint in zip(generated.generate_event_bodies(plan.requests, plan.batch), endpoints, strict=False):
        yield _format_load_post_request(endpoint.path, endpoint.key, headers, gzip.compress(body, 1, mtime=0))


def _format_load_post_request(path: str, key: str, headers: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n{headers}\r\n"
        f"Content-Length: {len(body)}"
    )
    return head.encode() + HTTP_HEAD_END + body


def _is_whole_response(received: bytes) -> bool:
    head, end, body = received.partition(HTTP_HEAD_END)
    if not end:
        return False
    return len(body) >= int(head.lower().partition(CONTENT_LENGTH_HEADER)[2].partition(b"\r")[0] or 0)


if __name__ == "__main__":
    print_json_to_parent(
        uvloop.run(run_load_plan_in_this_process(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=BenchLoad)))
    )
