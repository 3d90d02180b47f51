"""The process that parses: loads all that documents need once, then forks for each of them.

So a page costs a fork of some milliseconds and gets a process of its own, whose CPU, memory and time the
kernel bounds: a hostile page ends that process and nothing else, and no page meets what another one left.
`parse.py` starts it with the number of a socket, on which each message hands over a page's socket.
"""

import gc
import os
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from workers.ingest.appstore import listing, play, subtitle
from workers.ingest.appstore.shapes import Listing, PlayPage, StorePage
from workers.ingest.derive.derive import derive
from workers.ingest.github import paths
from workers.ingest.github.reading import repository
from workers.ingest.github.shapes import Repository, Tree
from workers.ingest.page import llms, manifest
from workers.ingest.page.extract import extract
from workers.ingest.parser.warmup import EXAMPLES
from workers.ingest.shapes import STARTED, ParseOutput, Llms, Manifest, Prose, ParseInput, ParseReply, Source

#: What answers each kind of question.
READERS: dict[type[ParseInput], Callable[[Any], ParseOutput]] = {
    Source: extract,
    Manifest: manifest.read,
    Llms: llms.read,
    Prose: derive,
    Listing: listing.read,
    StorePage: subtitle.read,
    PlayPage: play.read,
    Tree: paths.choose,
    Repository: repository.read,
}

CPU_S, WALL_S = 5, 20
#: Address space of a document's process beyond what is loaded: four times what the largest real pages take.
MEMORY = 112 << 20


def main(handle: int) -> None:
    """Ends when the parent's side of the socket closes, by will or by death."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    warm_up()
    # A page's process is gone before a collection would pay, and untouched pages stay shared.
    gc.freeze()
    gc.disable()
    with socket.socket(fileno=handle) as control:
        while connection := receive(control):
            with connection:
                if os.fork() == 0:
                    serve(connection)


def warm_up() -> None:
    for example in EXAMPLES:
        answer(example)


def receive(control: socket.socket) -> socket.socket | None:
    _, handles, _, _ = socket.recv_fds(control, 1, 1)
    return socket.socket(fileno=handles[0]) if handles else None


def serve(connection: socket.socket) -> None:
    """Says that it begins, reads a `ParseInput` to its end, writes a `ParseReply` if it can, and leaves."""
    try:
        connection.sendall(STARTED)
        limit()
        connection.sendall(msgspec.msgpack.encode(answer(read(connection))))
    except BrokenPipeError:
        os._exit(0)  # Nobody waits for it any more.
    except Exception:  # noqa: BLE001  The parent sees that no reply came; the log has to say why.
        traceback.print_exc()
    os._exit(0)


def limit() -> None:
    """By the kernel, so that it holds inside a C library too."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    most = loaded() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    signal.alarm(WALL_S)


def loaded() -> int:
    """Bytes of this process's address space."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def read(connection: socket.socket) -> ParseInput:
    with connection.makefile("rb") as wire:
        question: ParseInput = msgspec.msgpack.decode(wire.read(), type=ParseInput)
        return question


def answer(question: ParseInput) -> ParseReply:
    try:
        return ParseReply(answer=READERS[type(question)](question))
    except MemoryError:
        return ParseReply(answer=None)


if __name__ == "__main__":
    main(int(sys.argv[1]))
