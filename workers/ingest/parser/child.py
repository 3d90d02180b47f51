"""Parsing process: loads all parsers once, then forks for each document.

A document costs a fork of some milliseconds, and gets a process with CPU, memory and time limits of the
kernel. A hostile document ends that process and no other, and finds no data of another document.
`parser.py` starts this process with the number of a socket; each message on it brings a document's socket.
"""

import fcntl
import gc
import os
import resource
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from generation.confinement.confine import confine, precompute_confinement
from workers.ingest.appstore import app, play, subtitle
from workers.ingest.appstore.shapes import Listing, PlayPage, StorePage
from workers.ingest.colors import logo, styles
from workers.ingest.derive.derive import derive
from workers.ingest.github import paths
from workers.ingest.github.reading import repository
from workers.ingest.github.shapes import ReadRepository, RepositoryTree
from workers.ingest.page import llms, manifest
from workers.ingest.page.extract import extract
from workers.ingest.parser.warmup import EXAMPLES, LANGUAGES
from workers.ingest.pictures import drawing
from workers.ingest.shapes import (
    STARTED,
    FetchedDrawing,
    Llms,
    Logo,
    Manifest,
    PageDocument,
    ParseInput,
    ParseOutput,
    ParseReply,
    Prose,
    Styles,
)
from workers.ingest.skip_rules import SkipRules

#: Parser of each kind of document.
READERS: dict[type[ParseInput], Callable[[Any], ParseOutput]] = {
    PageDocument: extract,
    Manifest: manifest.read_manifest_file,
    Llms: llms.read_llms_file,
    FetchedDrawing: drawing.read_drawing_size,
    Styles: styles.read_style_sheets,
    Logo: logo.read,
    Prose: derive,
    Listing: app.read_listing,
    StorePage: subtitle.read_subtitle_page,
    PlayPage: play.read_play_page,
    RepositoryTree: paths.choose,
    ReadRepository: repository.read_repository_files,
}

#: Seconds of a document; the parent sets its CPU seconds.
WALL_S = 20
#: Bytes of address space beyond the loaded process: four times the need of the largest real pages.
EXTRA_MEMORY_BYTES = 112 << 20


def main(handle: int) -> None:
    """Serve until the parent's side of the socket closes, also by its death."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    warm_up()
    precompute_confinement()
    # A document's process ends before a collection would pay, and without one it shares more memory.
    gc.freeze()
    gc.disable()
    with socket.socket(fileno=handle) as control:
        while received := receive(control):
            connection, cpu_s = received
            with connection:
                if os.fork() == 0:
                    serve(connection, cpu_s)


def warm_up() -> None:
    """Parse each example once, and compile each language's skip rules (reason: `warmup.py`)."""
    for example in EXAMPLES:
        parse(example)
    for language in LANGUAGES:
        SkipRules(language)


def receive(control: socket.socket) -> tuple[socket.socket, int] | None:
    """Receive a document's socket and its CPU seconds; None once the parent's side is closed."""
    cpu_s, handles, _, _ = socket.recv_fds(control, 1, 1)
    return (socket.socket(fileno=handles[0]), cpu_s[0]) if handles else None


def serve(connection: socket.socket, cpu_s: int) -> None:
    """Send `STARTED`, read a `ParseInput` to its end, write a `ParseReply` if possible, and exit."""
    try:
        connection.sendall(STARTED)
        set_limits(cpu_s)
        confine()
        document = read(connection)
        with exit_on_hang_up(connection):
            reply = parse(document)
        connection.sendall(msgspec.msgpack.encode(ParseReply(output=reply, cpu_s=time.process_time())))
    except BrokenPipeError:
        os._exit(0)  # The parent waits no more.
    except Exception:  # noqa: BLE001  the parent only sees that no reply came
        traceback.print_exc()
    os._exit(0)


def set_limits(cpu_s: int) -> None:
    """Set the limits, in the kernel, so that they hold inside a C library too."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    limit_bytes = address_space_bytes() + EXTRA_MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))
    signal.alarm(WALL_S)


def address_space_bytes() -> int:
    """Return the bytes of this process's address space now."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


@contextmanager
def exit_on_hang_up(connection: socket.socket) -> Iterator[None]:
    """End the process within the block, by SIGIO, once the parent closes the connection."""
    flags = fcntl.fcntl(connection, fcntl.F_GETFL)
    fcntl.fcntl(connection, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(connection, fcntl.F_SETFL, flags | os.O_ASYNC)
    if has_hung_up(connection):
        os._exit(0)
    yield
    # A reply that is read bit by bit would raise the signal too.
    fcntl.fcntl(connection, fcntl.F_SETFL, flags)


def has_hung_up(connection: socket.socket) -> bool:
    poller = select.poll()
    poller.register(connection, 0)
    return bool(poller.poll(0))


def read(connection: socket.socket) -> ParseInput:
    with connection.makefile("rb") as stream:
        document: ParseInput = msgspec.msgpack.decode(stream.read(), type=ParseInput)
        return document


def parse(document: ParseInput) -> ParseOutput | None:
    """Parse the document; None if it takes too much memory."""
    try:
        return READERS[type(document)](document)
    except MemoryError:
        return None


if __name__ == "__main__":
    main(int(sys.argv[1]))
