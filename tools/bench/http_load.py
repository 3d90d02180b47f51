"""`python -m tools.bench.http_load PLAN`: HTTP callers in their own process.

PLAN is a file of JSON, a `LoadPlan`. It prints one line, an `Answers`. It uses a raw asyncio protocol: on two
cores a full client would cost more than the measured server.
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

from chaos.environment import Environment
from chaos.processes import run_and_read
from schemas.errors import BenchmarkFailed
from tools.bench.events import generated
from tools.bench.load import send_message

LENGTH = b"\r\ncontent-length: "
END_OF_HEAD = b"\r\n\r\n"

#: Seconds that the last response may take beyond the plan.
LAST_RESPONSE_S = 60.0


class EventEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An app's endpoint: a path and its key."""

    path: str
    key: str


class LoadPlan(msgspec.Struct, frozen=True, kw_only=True):
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
    endpoints: list[EventEndpoint] = []
    requests: int = 0
    batch: int = 0


class Answers(msgspec.Struct, frozen=True, kw_only=True):
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
    def count(self) -> int:
        return len(self.latencies_ms)

    @property
    def per_s(self) -> float:
        return self.count / self.seconds


class _Accepted(msgspec.Struct):
    accepted: int = 0


class _Caller(asyncio.Protocol):
    """A keep-alive connection with at most one request in flight."""

    def __init__(self, load: "_Load") -> None:
        self.load = load
        self.received, self.since = b"", 0.0
        self.ended = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's transport does not inherit from it

    def data_received(self, data: bytes) -> None:
        self.received += data
        if _is_whole(self.received):
            self.load.record(self.received, self.since)
            self.received = b""
            self.load.employ(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(exc or ConnectionError("the server closed the connection"))

    def send(self, request: bytes, since: float) -> None:
        self.since = since
        self.transport.write(request)

    def end(self) -> None:
        self.ended.set_result(None)
        self.transport.close()


class _Load:
    """Requests for idle connections, and the responses.

    Paced requests wait in `due` with their times, and connections in `idle`. Others come from `requests`.
    """

    def __init__(self, requests: Iterator[bytes], *, paced: bool) -> None:
        self.requests, self.paced, self.until = requests, paced, math.inf
        self.due = deque[tuple[bytes, float]]()
        self.idle: list[_Caller] = []
        self.latencies_ms: list[float] = []
        self.responses: list[bytes] = []

    def record(self, response: bytes, since: float) -> None:
        self.latencies_ms.append((time.perf_counter() - since) * 1000)
        self.responses.append(response)

    def employ(self, caller: _Caller) -> None:
        """Let an idle connection send the next request; end the connection if there is none."""
        now = time.perf_counter()
        if self.due:
            caller.send(*self.due.popleft())
        elif self.paced:
            self.idle.append(caller)
        elif now < self.until and (request := next(self.requests, None)):
            caller.send(request, now)
        else:
            caller.end()

    async def send_at_times(self, per_s: float) -> None:
        """Send all requests at their times. uvloop's clock is up to a millisecond late."""
        start = time.perf_counter()
        for number, request in enumerate(self.requests):
            due = start + number / per_s
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            self.due.append((request, due))
            if self.idle:
                self.employ(self.idle.pop())
        self.paced = False
        for caller in self.idle:
            caller.end()


async def run_plan(environment: Environment, plan: LoadPlan) -> Answers:
    """Run a load plan in a process of its own. Raises `BenchmarkFailed` for any response other than 2xx."""
    path = environment.folder / "plan.json"
    path.write_bytes(msgspec.json.encode(plan))
    answers = msgspec.convert(await run_and_read(environment, "tools.bench.http_load", str(path)), Answers)
    if answers.refused:
        raise BenchmarkFailed(
            f"{answers.refused} of {answers.count} were refused, such as:\n{answers.sample}"
        )
    return answers


async def send(plan: LoadPlan) -> Answers:
    """Run a plan in this process. The bodies of events are built before the clock starts."""
    loop, load = asyncio.get_running_loop(), _Load(_requests(plan), paced=bool(plan.per_s))
    callers = [
        (await loop.create_connection(lambda: _Caller(load), "127.0.0.1", plan.port))[1]
        for _ in range(plan.connections)
    ]
    start = time.perf_counter()
    load.until = start + plan.seconds if plan.seconds else math.inf
    for caller in callers:
        load.employ(caller)
    if plan.per_s:
        await load.send_at_times(plan.per_s)
    async with asyncio.timeout(plan.seconds + LAST_RESPONSE_S):
        await asyncio.gather(*(caller.ended for caller in callers))
    return _answers(load, time.perf_counter() - start, counts_events=bool(plan.endpoints))


def _answers(load: _Load, seconds: float, *, counts_events: bool) -> Answers:
    refused = [response for response in load.responses if not response.startswith(b"HTTP/1.1 2")]
    bodies = [
        response.partition(END_OF_HEAD)[2] for response in load.responses if counts_events and not refused
    ]
    return Answers(
        seconds=seconds,
        latencies_ms=load.latencies_ms,
        accepted=sum(msgspec.json.decode(body, type=_Accepted).accepted for body in bodies),
        refused=len(refused),
        sample=refused[0].decode(errors="replace") if refused else "",
    )


def _requests(plan: LoadPlan) -> Iterator[bytes]:
    if plan.endpoints:
        return iter([*_events(plan)])
    return _reads(plan.jobs) if plan.jobs else _creates(plan.creating_keys)


def _creates(keys: list[str]) -> Iterator[bytes]:
    """Yield creates, each with a new Idempotency-Key, as careful partners send them."""
    for turn, key in enumerate(itertools.cycle(keys)):
        fields = {
            "name": f"Project {turn}", "timezone": "Europe/Berlin", "customerExternalId": f"customer-{turn}"
        }  # fmt: skip
        headers = f"Content-Type: application/json\r\nIdempotency-Key: {uuid4()}"
        yield _post("/v1/projects", key, headers, msgspec.json.encode(fields))


def _reads(jobs: list[tuple[str, str]]) -> Iterator[bytes]:
    heads = [
        f"GET /v1/jobs/{job} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}" for key, job in jobs
    ]
    return itertools.cycle([head.encode() + END_OF_HEAD for head in heads])


def _events(plan: LoadPlan) -> Iterator[bytes]:
    headers = "Content-Type: application/json\r\nContent-Encoding: gzip"
    endpoints = itertools.cycle(plan.endpoints)
    for body, endpoint in zip(generated.bodies(plan.requests, plan.batch), endpoints, strict=False):
        yield _post(endpoint.path, endpoint.key, headers, gzip.compress(body, 1, mtime=0))


def _post(path: str, key: str, headers: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n{headers}\r\n"
        f"Content-Length: {len(body)}"
    )
    return head.encode() + END_OF_HEAD + body


def _is_whole(received: bytes) -> bool:
    head, end, body = received.partition(END_OF_HEAD)
    if not end:
        return False
    return len(body) >= int(head.lower().partition(LENGTH)[2].partition(b"\r")[0] or 0)


if __name__ == "__main__":
    send_message(uvloop.run(send(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=LoadPlan))))
