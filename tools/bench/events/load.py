"""`python -m tools.bench.events.load PLAN`: sends event requests over HTTP, in its own process.

PLAN is a file of JSON, a `Plan`. It prints one line, `Answers`. All bodies are built before the clock starts.
"""

import asyncio
import gzip
import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import msgspec
import uvloop

from tools.bench.events.generated import bodies
from tools.bench.http_load import END, is_whole
from tools.bench.lines import send_message

#: Seconds that the last response may take beyond the plan.
LAST_RESPONSE_S = 60.0


class EventEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An app's endpoint: a path and its key."""

    path: str
    key: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """`requests` of `batch` events each to a port of this host, over `endpoints` in turn, on `connections`.

    With `per_s` requests are sent at fixed times, regardless of responses; otherwise each connection sends
    the next request after a response.
    """

    port: int
    endpoints: list[EventEndpoint]
    requests: int
    batch: int
    connections: int
    per_s: float = 0.0


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """The responses: accepted events, seconds, and latencies.

    A latency counts from the request's due time, without `per_s` from its sending. `refused` counts responses
    other than 202, `sample` is one of them.
    """

    accepted: int
    seconds: float
    latencies_ms: list[float]
    refused: int
    sample: str


class _Accepted(msgspec.Struct):
    accepted: int


class _Caller(asyncio.Protocol):
    """A keep-alive connection with at most one request in flight."""

    def __init__(self, load: "Load") -> None:
        self.load = load
        self.received, self.since = b"", 0.0
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's transport does not inherit from it

    def data_received(self, data: bytes) -> None:
        self.received += data
        if is_whole(self.received):
            answer, self.received = self.received, b""
            self.load.record_response(self, answer)

    def connection_lost(self, exc: Exception | None) -> None:
        self.load.fail(exc)

    def send(self, request: bytes, since: float) -> None:
        self.since = since
        self.transport.write(request)


class Load:
    """Queue of requests for idle connections, and the count of responses."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.waiting = deque[tuple[bytes, float | None]]()
        self.idle: list[_Caller] = []
        self.latencies_ms: list[float] = []
        self.accepted = 0
        self.refused: list[bytes] = []
        self.ended = asyncio.get_running_loop().create_future()

    def add(self, request: bytes, due: float | None = None) -> None:
        self.waiting.append((request, due))
        self._send()

    def record_response(self, caller: _Caller, answer: bytes) -> None:
        self.latencies_ms.append((time.perf_counter() - caller.since) * 1000)
        if answer.startswith(b"HTTP/1.1 202"):
            self.accepted += msgspec.json.decode(answer.partition(END)[2], type=_Accepted).accepted
        else:
            self.refused.append(answer)
        if len(self.latencies_ms) == self.count:
            self.ended.set_result(None)
        self.idle.append(caller)
        self._send()

    def fail(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(exc or ConnectionError("the server closed the connection"))

    def _send(self) -> None:
        while self.idle and self.waiting:
            request, due = self.waiting.popleft()
            self.idle.pop().send(request, time.perf_counter() if due is None else due)


async def run(plan: Plan) -> Answers:
    """Run the plan."""
    loop, load, requests = asyncio.get_running_loop(), Load(plan.requests), list(_requests(plan))
    for _ in range(plan.connections):
        _, caller = await loop.create_connection(lambda: _Caller(load), "127.0.0.1", plan.port)
        load.idle.append(caller)
    callers, start = [*load.idle], time.perf_counter()
    # uvloop's clock has whole milliseconds: a request is sent at its due time or up to one later.
    for number, request in enumerate(requests):
        if plan.per_s:
            due = start + number / plan.per_s
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            load.add(request, due)
        else:
            load.add(request)
    await asyncio.wait_for(load.ended, LAST_RESPONSE_S)
    seconds = time.perf_counter() - start
    for caller in callers:
        caller.transport.close()
    return Answers(
        accepted=load.accepted,
        seconds=seconds,
        latencies_ms=load.latencies_ms,
        refused=len(load.refused),
        sample=load.refused[0].decode(errors="replace") if load.refused else "",
    )


def _requests(plan: Plan) -> Iterator[bytes]:
    for number, body in enumerate(bodies(plan.requests, plan.batch)):
        endpoint, packed = plan.endpoints[number % len(plan.endpoints)], gzip.compress(body, 1, mtime=0)
        head = (
            f"POST {endpoint.path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {endpoint.key}\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}"
        )
        yield head.encode() + END + packed


if __name__ == "__main__":
    send_message(uvloop.run(run(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan))))
