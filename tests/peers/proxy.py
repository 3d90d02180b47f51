"""Lossy proxy to a peer: drops requests or responses, like a bad network."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import Enum, auto

from chaos.loopback_server import serve_loopback_tcp


class Loss(Enum):
    """`ANSWER`: the peer handles the request, and its response is lost. `REQUEST`: the request is lost.

    `TIME`: the response is held until the proxy releases it.
    """

    NOTHING = auto()
    ANSWER = auto()
    REQUEST = auto()
    TIME = auto()


#: Decides the loss by a request's first line and body.
Rule = Callable[[str, bytes], Loss]


class LossyProxy:
    """`base` replaces the peer's address; `lost` counts losses, `holds` is set while a response is held.

    `answers` are the peer's responses, each with the first line of its request.
    """

    def __init__(self, port: int, rule: Rule) -> None:
        self.port, self.rule, self.base, self.lost = port, rule, "", 0
        self.answers: list[tuple[str, bytes]] = []
        self.holds, self.go = asyncio.Event(), asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one request for each connection."""
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(length(head))
        writer.write(await self.passed_on(head, body))
        await writer.drain()

    async def passed_on(self, head: bytes, body: bytes) -> bytes:
        line = head.partition(b"\r\n")[0].decode()
        loss = self.rule(line, body)
        self.lost += loss is not Loss.NOTHING
        if loss is Loss.REQUEST:
            return b""
        answer = await exchange(self.port, closing(head) + body)
        self.answers.append((line, answer))
        if loss is Loss.TIME:
            self.holds.set()
            await self.go.wait()
        return b"" if loss is Loss.ANSWER else answer


@asynccontextmanager
async def between(port: int, rule: Rule) -> AsyncIterator[LossyProxy]:
    """Run a proxy for the peer at `port` of this machine."""
    proxy = LossyProxy(port, rule)
    async with serve_loopback_tcp(proxy.serve) as bound:
        proxy.base = f"http://127.0.0.1:{bound}"
        yield proxy


def length(head: bytes) -> int:
    fields = (line.partition(b":") for line in head.splitlines())
    return next((int(value) for name, _, value in fields if name.lower() == b"content-length"), 0)


def closing(head: bytes) -> bytes:
    """Return the head with `Connection: close`, so that the peer's response ends with its connection."""
    lines = [line for line in head.split(b"\r\n") if line and not line.lower().startswith(b"connection:")]
    return b"\r\n".join([*lines, b"Connection: close", b"", b""])


async def exchange(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        await writer.drain()
        return await reader.read(-1)
    finally:
        writer.close()


def nothing_lost(line: str, body: bytes) -> Loss:
    return Loss.NOTHING


def first_of_each(path: str, *losses: Loss) -> Rule:
    """Apply the losses to the first posts of each body sent to each address in `path`; later ones pass."""
    seen: dict[tuple[str, bytes], int] = {}

    def rule(line: str, body: bytes) -> Loss:
        if not line.startswith(f"POST {path}"):
            return Loss.NOTHING
        seen[line, body] = number = seen.get((line, body), 0) + 1
        return losses[number - 1] if number <= len(losses) else Loss.NOTHING

    return rule
