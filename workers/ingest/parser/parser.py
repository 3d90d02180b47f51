"""Parser of documents outside the event loop, in processes that a hostile document may break.

This is the worker's side of `child.py`. There is one such process, and it is restarted after its death.
Tenants share it by a fair queue, and a job has a CPU budget for all of its documents.
"""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Hashable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from math import ceil, inf
from uuid import UUID

import msgspec

from schemas.errors import FetchedSourceUnusable, SourceTooLarge
from workers.ingest.shapes import (
    PARSING_STARTED_BYTE,
    FetchedPage,
    ParsedNonPageDoc,
    ParsedPage,
    ParseInput,
    ParseOutput,
    ParseReply,
)
from workers.runtime.fair_slots import SlotsSharedFairlyByTenants

#: Seconds for a document's process to start, and then to read it: mostly it ends earlier by itself.
PARSER_REPLY_TIMEOUT_S = 30.0
#: CPU seconds for a document. A page mostly takes hundredths.
MAX_DOCUMENT_CPU_S = 5
MAX_PARSING_CPU_S_PER_JOB = 15.0
#: Documents at once: twice the cores, since a single tenant gets half of the slots.
MAX_PARALLEL_PARSED_DOCUMENTS = 2 * (os.cpu_count() or 1)
#: Bytes from which a document may take much memory.
MIN_LARGE_DOCUMENT_BYTES = 256 << 10
#: Large documents parsed at once: one of a tenant.
MAX_PARALLEL_LARGE_DOCUMENTS = 2
#: A process that forks must have no other threads.
ONE_THREAD_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class ParsingProcess:
    """Handle on the parsing process, and its slots."""

    def __init__(self, at_once: int) -> None:
        self.slots, self.large = (
            SlotsSharedFairlyByTenants(at_once),
            SlotsSharedFairlyByTenants(MAX_PARALLEL_LARGE_DOCUMENTS),
        )
        self.process, self.control = start_parsing_process()

    def open_document_socket(self, cpu_s: int) -> socket.socket:
        """Return a socket to a new document's process, which may use `cpu_s` seconds of CPU.

        Restart the parsing process if it has died.
        """
        parent_end, child_end = socket.socketpair()
        with child_end:
            try:
                socket.send_fds(self.control, [bytes([cpu_s])], [child_end.fileno()])
            except OSError:
                self.stop()
                self.process, self.control = start_parsing_process()
                socket.send_fds(self.control, [bytes([cpu_s])], [child_end.fileno()])
        return parent_end

    def stop(self) -> None:
        self.control.close()
        self.process.kill()
        self.process.wait()


def start_parsing_process() -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start the parsing process; return the process and our side of its socket.

    It has none of our environment, and a session of its own, away from Ctrl-C. It exits when our side of the
    socket closes.
    """
    parent_end, child_end = socket.socketpair()
    with child_end:
        process = subprocess.Popen(
            [sys.executable, "-m", "workers.ingest.parser.child", str(child_end.fileno())],
            pass_fds=[child_end.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            env=ONE_THREAD_ENVIRONMENT,
        )
    return process, parent_end


class DocumentParser:
    """Parser for one job: in its tenant's turns, one document after the other, with `left_s` of CPU.

    Without a tenant each document counts as a tenant of its own, for a benchmark or a person at the
    command line.
    """

    def __init__(self, parsing: ParsingProcess, tenant: UUID | None = None, left_s: float = inf) -> None:
        self.parsing, self.tenant, self.left_s = parsing, tenant, left_s
        self.lock = asyncio.Lock() if tenant else nullcontext()

    def create_job_parser(self, tenant: UUID) -> "DocumentParser":
        """Return the parser for one job of an organization, with the CPU budget of a job."""
        return DocumentParser(self.parsing, tenant, MAX_PARSING_CPU_S_PER_JOB)


@asynccontextmanager
async def open_document_parser(*, at_once: int = MAX_PARALLEL_PARSED_DOCUMENTS) -> AsyncIterator[DocumentParser]:
    """Start the parsing process, yield a parser of `at_once` documents at a time; stop it at the end of the block."""
    parsing = ParsingProcess(at_once)
    try:
        yield DocumentParser(parsing)
    finally:
        parsing.stop()


async def parse_page(parser: DocumentParser, source: FetchedPage) -> ParsedPage:
    """Parse a fetched web page in the parsing process. Raises `FetchedSourceUnusable`, `SourceTooLarge`."""
    page = await parse_any_ingest_document(parser, source)
    assert isinstance(page, ParsedPage)  # noqa: S101  the parser of a page returns one
    return page


async def parse_non_page_document(parser: DocumentParser, document: ParseInput) -> ParsedNonPageDoc:
    """Parse a document other than a page, a tree or a drawing. Raises `FetchedSourceUnusable`, `SourceTooLarge`."""
    reading = await parse_any_ingest_document(parser, document)
    assert isinstance(reading, ParsedNonPageDoc)  # noqa: S101  so do all but those of pages and trees
    return reading


async def parse_any_ingest_document(parser: DocumentParser, document: ParseInput) -> ParseOutput:
    """Parse a document in the parsing process, within the job's CPU budget.

    Raises `FetchedSourceUnusable` if the document breaks the parser or takes too long, or if the budget is used up.
    Raises `SourceTooLarge` if it takes too much memory. The CPU seconds used, or all granted ones without a
    reply, are taken from the budget.
    """
    message, tenant = msgspec.msgpack.encode(document), parser.tenant or object()
    async with parser.lock:
        if parser.left_s <= 0:
            raise FetchedSourceUnusable(
                f"the previous pages used all of the {MAX_PARSING_CPU_S_PER_JOB:g} s to read that one ingest has"
            )
        cpu_s = ceil(min(MAX_DOCUMENT_CPU_S, parser.left_s))
        async with hold_large_document_slot(parser, tenant, len(message)), parser.parsing.slots.hold_slot(tenant):
            # Without a byte the forking process has died: repeat it with a new one.
            received = await exchange_with_parsing_process(
                parser, message, cpu_s
            ) or await exchange_with_parsing_process(parser, message, cpu_s)
        sent = received.removeprefix(PARSING_STARTED_BYTE)
        reply = msgspec.msgpack.decode(sent, type=ParseReply) if sent else None
        parser.left_s -= cpu_s if reply is None else reply.cpu_s
    if reply is None:
        raise FetchedSourceUnusable("the page can't be read: it takes too long, or breaks the parser")
    if reply.output is None:
        raise SourceTooLarge("the page takes too much memory to read; give a smaller page of the site")
    return reply.output


def hold_large_document_slot(parser: DocumentParser, tenant: Hashable, size: int) -> AbstractAsyncContextManager[None]:
    """Return a context that holds one of the few slots for large documents, to limit memory; small ones need none."""
    return parser.parsing.large.hold_slot(tenant) if size > MIN_LARGE_DOCUMENT_BYTES else nullcontext()


async def exchange_with_parsing_process(parser: DocumentParser, message: bytes, cpu_s: int) -> bytes:
    """Send a message to a new document's process; return all bytes that it sends back.

    They are `PARSING_STARTED_BYTE` and the reply, if there is one. Return b"" if the process didn't start. It
    ends once the connection is closed, so that a slot has one process at most.
    """
    received = b""
    with suppress(ConnectionError, TimeoutError):
        reader, writer = await asyncio.open_unix_connection(sock=parser.parsing.open_document_socket(cpu_s))
        try:
            writer.write(message)
            writer.write_eof()
            for size in (len(PARSING_STARTED_BYTE), -1):
                async with asyncio.timeout(PARSER_REPLY_TIMEOUT_S):
                    received += await reader.read(size)
        finally:
            writer.close()
    return received
