"""Parsing off the event loop, in processes that a hostile page may break.

The worker's side of `parse_child.py`: one such process for each `Parser`, started anew when it has died, and
in it at most `at_once` pages.
"""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

import msgspec

from schemas.errors import ScrapeFailed, TooLarge
from workers.ingest.shapes import STARTED, ParseOutput, Page, ParseInput, Reading, ParseReply, Source

#: The page's own process ends by itself before this; a loading parent of it needs a second more.
TIMEOUT_S = 30.0
#: Bytes of a document that may take much memory.
LARGE = 256 << 10
#: A process that forks must have no other threads.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class Parser:
    """A handle on the parsing process; only `open_parser` makes one."""

    def __init__(self, at_once: int) -> None:
        self.slots, self.large = asyncio.Semaphore(at_once), asyncio.Semaphore(1)
        self.process, self.control = start()

    def connect(self) -> socket.socket:
        """A socket whose other end a new page's process holds."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self.control, [b"\0"], [theirs.fileno()])
            except OSError:
                self.stop()
                self.process, self.control = start()
                socket.send_fds(self.control, [b"\0"], [theirs.fileno()])
        return ours

    def stop(self) -> None:
        self.control.close()
        self.process.kill()
        self.process.wait()


def start() -> tuple[subprocess.Popen[bytes], socket.socket]:
    """In a session of its own, out of the reach of Ctrl-C: it leaves when our side of the socket closes."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "workers.ingest.parser.child", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, **ONE_THREAD},
        )
    return process, ours


@asynccontextmanager
async def open_parser(*, at_once: int = os.cpu_count() or 1) -> AsyncIterator[Parser]:
    parser = Parser(at_once)
    try:
        yield parser
    finally:
        parser.stop()


async def parse(parser: Parser, source: Source) -> Page:
    """A page. Raises `ScrapeFailed`, `TooLarge`."""
    page = await ask(parser, source)
    assert isinstance(page, Page)  # noqa: S101  The process answers a page with a page.
    return page


async def read(parser: Parser, question: ParseInput) -> Reading:
    """Any other document. Raises `ScrapeFailed`, `TooLarge`."""
    reading = await ask(parser, question)
    assert isinstance(reading, Reading)  # noqa: S101  The process answers anything but a page with a reading.
    return reading


async def ask(parser: Parser, question: ParseInput) -> ParseOutput:
    """Raises `ScrapeFailed` for what breaks its process or takes too long, `TooLarge` for memory."""
    message = msgspec.msgpack.encode(question)
    async with room(parser, len(message)), parser.slots:
        # No answer at all: the process that forks has died, and a new one takes over.
        said = await exchange(parser, message) or await exchange(parser, message)
    reply = said.removeprefix(STARTED)
    if not reply:
        raise ScrapeFailed("the page can't be read: it takes too long, or breaks the parser")
    answer = msgspec.msgpack.decode(reply, type=ParseReply).answer
    if answer is None:
        raise TooLarge("the page takes too much memory to read; give a smaller page of the site")
    return answer


def room(parser: Parser, size: int) -> AbstractAsyncContextManager[None]:
    """Large documents are read one after the other, so that the memory of two of them never adds up."""
    return parser.large if size > LARGE else nullcontext()


async def exchange(parser: Parser, message: bytes) -> bytes:
    """All that the document's process says before it ends; nothing where there was none, or it hung."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            reader, writer = await asyncio.open_unix_connection(sock=parser.connect())
            try:
                writer.write(message)
                writer.write_eof()
                return await reader.read()
            finally:
                writer.close()
    except (ConnectionError, TimeoutError):
        return b""
