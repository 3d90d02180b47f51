"""Parser of documents outside the event loop, in processes that a hostile document may break.

This is the worker's side of `child.py`. Each `Parser` has one such process, which is started anew when it has
died, and parses at most `at_once` documents at once.
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
from workers.ingest.shapes import STARTED, Page, ParseInput, ParseOutput, ParseReply, Reading, Source

#: Seconds for a document: its process ends by itself earlier, also where `child.py` loads first.
TIMEOUT_S = 30.0
#: Bytes from which a document may take much memory.
LARGE = 256 << 10
#: A process that forks must have no other threads.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class Parser:
    """Handle on the parsing process, made by `open_parser`."""

    def __init__(self, at_once: int) -> None:
        self.slots, self.large = asyncio.Semaphore(at_once), asyncio.Semaphore(1)
        self.process, self.control = start()

    def connect(self) -> socket.socket:
        """A socket to a new document's process."""
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
    """Start it in a session of its own, away from Ctrl-C. It exits when our side of the socket closes."""
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
    """A parser, stopped at the end of the block."""
    parser = Parser(at_once)
    try:
        yield parser
    finally:
        parser.stop()


async def parse(parser: Parser, source: Source) -> Page:
    """The parsed page. Raises `ScrapeFailed`, `TooLarge`."""
    page = await ask(parser, source)
    assert isinstance(page, Page)  # noqa: S101  the parser of a page returns one
    return page


async def read(parser: Parser, document: ParseInput) -> Reading:
    """Any other parsed document. Raises `ScrapeFailed`, `TooLarge`."""
    reading = await ask(parser, document)
    assert isinstance(reading, Reading)  # noqa: S101  so do all but those of pages and trees
    return reading


async def ask(parser: Parser, document: ParseInput) -> ParseOutput:
    """The parsed document. Raises `ScrapeFailed` where it breaks or takes too long, `TooLarge` for memory."""
    message = msgspec.msgpack.encode(document)
    async with large_slot(parser, len(message)), parser.slots:
        # Without a byte the forking process has died: repeat it with a new one.
        received = await exchange(parser, message) or await exchange(parser, message)
    reply = received.removeprefix(STARTED)
    if not reply:
        raise ScrapeFailed("the page can't be read: it takes too long, or breaks the parser")
    output = msgspec.msgpack.decode(reply, type=ParseReply).output
    if output is None:
        raise TooLarge("the page takes too much memory to read; give a smaller page of the site")
    return output


def large_slot(parser: Parser, size: int) -> AbstractAsyncContextManager[None]:
    """The one slot for large documents, so that the memory of two never adds up; small ones need none."""
    return parser.large if size > LARGE else nullcontext()


async def exchange(parser: Parser, message: bytes) -> bytes:
    """All bytes that the document's process sends; none where it didn't start or timed out."""
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
