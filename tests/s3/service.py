"""S3 service on loopback, stricter than most: it checks each signature and hash.

It refuses unknown operations. Tests inspect `Service.buckets`, and inject rare failures by `Service.fail`.
"""

import asyncio
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal
from urllib.parse import parse_qsl

from chaos.loopback_server import LoopbackTcpServer
from tests.s3.calls import S3Call, S3Error, check_signature, operation_of
from tests.s3.operations import HANDLERS, Bucket, Response

#: `drop` closes without action, `lose` acts without a response, `cut` sends half of the response.
Failure = Literal["refuse", "deny", "hang", "drop", "lose", "cut"]


class Service:
    """State of the service. `asked` lists received operations; `fail` makes the next ones fail.

    Calls to older buckets aren't listed: an earlier test's late calls may still arrive.
    """

    def __init__(self) -> None:
        self.url = ""
        self.buckets: dict[str, Bucket] = {}
        self.asked: list[str] = []
        self._newest = ""
        self._numbers = itertools.count()
        self._failing: dict[str, tuple[Failure, int]] = {}

    def make(self) -> str:
        name = f"media-{next(self._numbers)}"
        self.buckets[name], self._newest = Bucket(), name
        self.asked.clear()
        self.clear_failures()
        return name

    def unfinished(self, bucket: str) -> list[str]:
        return [upload.key for upload in self.buckets[bucket].uploads.values()]

    def fail(self, operation: str, failure: Failure, times: int = 10**9) -> None:
        """Make the next calls of an operation (or `any`) fail."""
        self._failing[operation] = failure, times

    def clear_failures(self) -> None:
        self._failing.clear()

    def record(self, call: S3Call, operation: str) -> Failure | None:
        """Record a call, unless it is for an older bucket. Return its injected failure."""
        if call.bucket in self.buckets and call.bucket != self._newest:
            return None
        self.asked.append(operation)
        for name in (operation, "any"):
            failure, times = self._failing.get(name, (None, 0))
            if failure and times:
                self._failing[name] = failure, times - 1
                return failure
        return None

    def answer(self, call: S3Call, operation: str) -> Response:
        check_signature(call)
        bucket = self.buckets.get(call.bucket)
        if bucket is None:
            raise S3Error(404, "NoSuchBucket")
        return HANDLERS[operation](bucket, call)


@contextmanager
def serving() -> Iterator[Service]:
    """Run a service in its own thread: the first access to a bucket blocks its caller."""
    service, loop = Service(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    acceptor = asyncio.run_coroutine_threadsafe(_start(service), loop).result(10)
    try:
        yield service
    finally:
        asyncio.run_coroutine_threadsafe(acceptor.stop_and_close_connections(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _start(service: Service) -> LoopbackTcpServer:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await _exchange(service, reader, writer):
            pass

    acceptor = LoopbackTcpServer(serve)
    acceptor.start()
    service.url = f"http://127.0.0.1:{acceptor.port}"
    return acceptor


async def _exchange(service: Service, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Serve one request. Return whether the connection stays open."""
    call = await _read(reader)
    operation = operation_of(call)
    failure = service.record(call, operation)
    if failure == "hang":
        await reader.read()
    if failure in {"hang", "drop"}:
        return False
    try:
        if failure in {"refuse", "deny"}:
            raise S3Error(503, "SlowDown") if failure == "refuse" else S3Error(403, "AccessDenied")
        answer = service.answer(call, operation)
    except S3Error as bad:
        text = f"<Error><Code>{bad.code}</Code><Message>no</Message><Key>{call.path}</Key></Error>"
        answer = Response(bad.status, text.encode())
    if failure == "lose":
        return False
    fields = [*answer.headers, ("Content-Length", str(len(answer.body)))]
    writer.write(f"HTTP/1.1 {answer.status} X\r\n".encode())
    writer.write("".join(f"{name}: {value}\r\n" for name, value in fields).encode() + b"\r\n")
    writer.write(answer.body[: len(answer.body) // 2] if failure == "cut" else answer.body)
    await writer.drain()
    return failure != "cut"


async def _read(reader: asyncio.StreamReader) -> S3Call:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()
    method, target, _ = head[0].split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    path, _, query = target.partition("?")
    return S3Call(method, path, dict(parse_qsl(query, keep_blank_values=True)), headers, body)
