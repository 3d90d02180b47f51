"""Process of `tenantry webhooks listen`, and a proxy between it and the API."""

import asyncio
import os
import signal
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar

from api.server.admission import HttpConnectionAdmission, HttpConnectionLimits
from api.server.serve import ApiHttpServer
from chaos.loopback_server import serve_loopback_tcp
from tests.api_process import BIN
from tests.waiting import eventually


@asynccontextmanager
async def served(app: Litestar) -> AsyncIterator[str]:
    """Serve an application in this event loop, and yield its address."""
    server = ApiHttpServer(app, HttpConnectionAdmission(HttpConnectionLimits()))
    task = asyncio.create_task(server.serve([socket.create_server(("127.0.0.1", 0))]))

    async def started() -> bool:
        return server.started

    await eventually(started)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.force_exit = server.should_exit = True
        await task


class ApiProxy:
    """Proxy of an API that can be cut: after `most` bytes of a response, or at once."""

    def __init__(self, port: int) -> None:
        self.behind, self.url, self.most = port, "", 1 << 60
        self._open: set[StreamWriter] = set()

    def cut(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        behind, onward = await asyncio.open_connection("127.0.0.1", self.behind)
        self._open.add(writer)
        try:
            asking = asyncio.create_task(_pass_on(reader, onward))
            await self._answer(behind, writer)
        finally:
            self._open.discard(writer)
            asking.cancel()
            onward.transport.abort()
            await asyncio.gather(asking, return_exceptions=True)

    async def _answer(self, reader: StreamReader, writer: StreamWriter) -> None:
        left = self.most
        while left and (data := await reader.read(min(left, 65536))):
            left -= len(data)
            writer.write(data)
            await writer.drain()
        if not left:
            writer.transport.abort()


async def _pass_on(reader: StreamReader, writer: StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)


@asynccontextmanager
async def open_proxy(url: str) -> AsyncIterator[ApiProxy]:
    way = ApiProxy(int(url.rpartition(":")[2]))
    async with serve_loopback_tcp(way.serve) as port:
        way.url = f"http://127.0.0.1:{port}"
        yield way


class Listening:
    """Running command with its stdout (`printed`) and its stderr (`said`)."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process, self.printed, self.said = process, b"", b""

    async def wait_for_stderr(self, words: str) -> str:
        """Wait for these words on stderr, and return all of stderr."""

        async def heard() -> bool:
            return words.encode() in self.said

        await eventually(heard)
        return self.said.decode()

    async def lines(self, many: int) -> list[Any]:
        """Wait for `many` lines on stdout, and decode them."""
        await self.wait_for_lines(many)
        return [msgspec.json.decode(line) for line in self.printed.splitlines()]

    async def wait_for_lines(self, many: int) -> None:
        """Wait for `many` lines on stdout."""

        async def come() -> bool:
            return self.printed.count(b"\n") >= many

        await eventually(come)

    async def interrupt(self) -> int:
        """Send Ctrl-C, and return the exit code."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGINT)
        return await self.process.wait()

    async def follow(self) -> None:
        assert self.process.stdout
        assert self.process.stderr
        await asyncio.gather(self._print(self.process.stdout), self._say(self.process.stderr))

    async def _print(self, reader: StreamReader) -> None:
        while data := await reader.read(65536):
            self.printed += data

    async def _say(self, reader: StreamReader) -> None:
        while data := await reader.read(65536):
            self.said += data


async def ran(url: str, key: str, *words: str, folder: Path) -> list[str]:
    """Run a command of the group successfully, and return the words of its stdout."""
    process = await asyncio.create_subprocess_exec(
        BIN / "tenantry", "webhooks", *words,
        env={**os.environ, "TENANTRY_API": url, "TENANTRY_KEY": key}, cwd=folder,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    printed, _ = await process.communicate()
    assert process.returncode == 0
    return printed.decode().split()


@asynccontextmanager
async def listening(
    url: str, key: str, *words: str, folder: Path, flags: Sequence[str] = ("--json",)
) -> AsyncIterator[Listening]:
    """Start the command, and yield it when it is ready."""
    process = await asyncio.create_subprocess_exec(
        BIN / "tenantry", "webhooks", "listen", *flags, *words,
        env={**os.environ, "TENANTRY_API": url, "TENANTRY_KEY": key}, cwd=folder,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    command = Listening(process)
    following = asyncio.create_task(command.follow())
    try:
        await command.wait_for_stderr("Ready.")
        yield command
    finally:
        await command.interrupt()
        await following
