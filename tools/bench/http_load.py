"""`python -m tools.bench.http_load PLAN`: closed-loop HTTP callers in their own process.

PLAN is a file of JSON, a `Plan`. It prints one line, an `Answers`. It uses a raw asyncio protocol: on two
cores a full client would cost more than the measured server.
"""

import asyncio
import itertools
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast
from uuid import uuid4

import msgspec
import uvloop

from tools.bench.lines import send_message

LENGTH = b"\r\ncontent-length: "
END = b"\r\n\r\n"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """`connections` callers to a port of this host for `seconds`.

    With `jobs` (pairs of a key and a job id) they read jobs, otherwise they create projects with `keys`.
    """

    port: int
    seconds: float
    connections: int
    keys: list[str]
    jobs: list[tuple[str, str]]


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """Count and rate of the responses; `refused` counts responses other than 2xx, `sample` is one of them."""

    count: int
    per_s: float
    latencies_ms: list[float]
    refused: int
    sample: str


class Caller(asyncio.Protocol):
    """A keep-alive connection that sends the next request after each response."""

    def __init__(self, requests: Iterator[bytes], until: float) -> None:
        self.requests, self.until = requests, until
        self.received = b""
        self.asked = 0.0
        self.latencies_ms: list[float] = []
        self.refused: list[bytes] = []
        self.ended = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's transport does not inherit from it
        self._ask()

    def data_received(self, data: bytes) -> None:
        self.received += data
        if is_whole(self.received):
            self._note(self.received)
            self.received = b""
            self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(exc or ConnectionError("the server closed the connection"))

    def _note(self, answer: bytes) -> None:
        self.latencies_ms.append((time.perf_counter() - self.asked) * 1000)
        if not answer.startswith(b"HTTP/1.1 2"):
            self.refused.append(answer)

    def _ask(self) -> None:
        self.asked = time.perf_counter()
        if self.asked < self.until:
            self.transport.write(next(self.requests))
        elif not self.ended.done():
            self.ended.set_result(None)
            self.transport.close()


def creates(keys: list[str]) -> Iterator[bytes]:
    """Yield creates, each with a new Idempotency-Key, as careful partners send them."""
    for turn, key in enumerate(itertools.cycle(keys)):
        yield _post(key, turn)


def reads(jobs: list[tuple[str, str]]) -> Iterator[bytes]:
    heads = [
        f"GET /v1/jobs/{job} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}" for key, job in jobs
    ]
    return itertools.cycle([head.encode() + END for head in heads])


async def load(plan: Plan) -> Answers:
    """Run the plan."""
    loop, requests = asyncio.get_running_loop(), reads(plan.jobs) if plan.jobs else creates(plan.keys)
    start = time.perf_counter()
    until = start + plan.seconds
    callers = [
        (await loop.create_connection(lambda: Caller(requests, until), "127.0.0.1", plan.port))[1]
        for _ in range(plan.connections)
    ]
    await asyncio.wait_for(asyncio.gather(*(caller.ended for caller in callers)), plan.seconds + 30)
    return _answers(callers, time.perf_counter() - start)


def _answers(callers: list[Caller], seconds: float) -> Answers:
    latencies_ms = [value for caller in callers for value in caller.latencies_ms]
    refused = [answer for caller in callers for answer in caller.refused]
    return Answers(
        count=len(latencies_ms),
        per_s=len(latencies_ms) / seconds,
        latencies_ms=latencies_ms,
        refused=len(refused),
        sample=refused[0].decode(errors="replace") if refused else "",
    )


def _post(key: str, turn: int) -> bytes:
    body = msgspec.json.encode(
        {"name": f"Project {turn}", "timezone": "Europe/Berlin", "customerExternalId": f"customer-{turn}"}
    )
    head = (
        "POST /v1/projects HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {key}\r\nIdempotency-Key: {uuid4()}\r\nContent-Length: {len(body)}"
    )
    return head.encode() + END + body


def is_whole(received: bytes) -> bool:
    head, end, body = received.partition(END)
    if not end:
        return False
    return len(body) >= int(head.lower().partition(LENGTH)[2].partition(b"\r")[0] or 0)


if __name__ == "__main__":
    send_message(uvloop.run(load(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan))))
