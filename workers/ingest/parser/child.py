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

from generation.confinement.confine import confine_process, precompute_confinement
from workers.ingest.appstore import app, play, subtitle
from workers.ingest.appstore.shapes import FetchedAppStoreWebPage, FetchedGooglePlayWebPage, FetchedStoreApp
from workers.ingest.colors import logo, styles
from workers.ingest.derive.derive import derive_keywords_voice_audience_and_icp
from workers.ingest.github import paths
from workers.ingest.github.reading import repository
from workers.ingest.github.shapes import RepositoryContent, RepositoryTree
from workers.ingest.llm.evidence import check_model_claims
from workers.ingest.page import llms, manifest
from workers.ingest.page.extract import extract_brand_facts_and_links_of_page
from workers.ingest.parser.warmup import WARMUP_DOCUMENTS, WARMUP_PROSE_LANGUAGES
from workers.ingest.pictures import drawing
from workers.ingest.shapes import (
    PARSING_STARTED_BYTE,
    FetchedLlmsTxt,
    FetchedLogo,
    FetchedPage,
    FetchedPageStyles,
    FetchedSvg,
    FetchedWebManifest,
    ModelClaims,
    ParseInput,
    ParseOutput,
    ParseReply,
    SourceProse,
)
from workers.ingest.skip_rules import SentenceSkipRules

#: Parser of each kind of document.
PARSER_BY_DOCUMENT_TYPE: dict[type[ParseInput], Callable[[Any], ParseOutput]] = {
    FetchedPage: extract_brand_facts_and_links_of_page,
    FetchedWebManifest: manifest.parse_web_manifest,
    FetchedLlmsTxt: llms.parse_llms_txt,
    FetchedSvg: drawing.read_fetched_svg_size,
    FetchedPageStyles: styles.read_style_sheet_colors,
    FetchedLogo: logo.extract_main_colors,
    SourceProse: derive_keywords_voice_audience_and_icp,
    ModelClaims: check_model_claims,
    FetchedStoreApp: app.extract_brand_candidates_of_apple_app,
    FetchedAppStoreWebPage: subtitle.parse_app_subtitle_page,
    FetchedGooglePlayWebPage: play.extract_brand_candidates_of_play_page,
    RepositoryTree: paths.choose_repository_paths,
    RepositoryContent: repository.extract_repo_brand_candidates,
}

#: Seconds of a document; the parent sets its CPU seconds.
MAX_DOCUMENT_WALL_TIME_S = 20
#: Bytes of address space beyond the loaded process: four times the need of the largest real pages.
MAX_PARSER_EXTRA_MEMORY_BYTES = 112 << 20


def run_parsing_process(handle: int) -> None:
    """Warm up the parsers, then fork a process for each document's socket that arrives on the socket `handle`.

    Return once the parent's side of the socket closes, also by the parent's death.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    warm_up_parsers()
    precompute_confinement()
    # A document's process ends before a collection would pay, and without one it shares more memory.
    gc.freeze()
    gc.disable()
    with socket.socket(fileno=handle) as control:
        while received := receive_document_socket(control):
            connection, cpu_s = received
            with connection:
                if os.fork() == 0:
                    parse_received_document_and_exit(connection, cpu_s)


def warm_up_parsers() -> None:
    """Parse each example document once, and compile the skip rules of each language, before the first fork."""
    for example in WARMUP_DOCUMENTS:
        parse_within_memory_limit(example)
    for language in WARMUP_PROSE_LANGUAGES:
        SentenceSkipRules(language)


def receive_document_socket(control: socket.socket) -> tuple[socket.socket, int] | None:
    """Receive a document's socket and its CPU seconds; None once the parent's side is closed."""
    cpu_s, handles, _, _ = socket.recv_fds(control, 1, 1)
    return (socket.socket(fileno=handles[0]), cpu_s[0]) if handles else None


def parse_received_document_and_exit(connection: socket.socket, cpu_s: int) -> None:
    """Send `PARSING_STARTED_BYTE`, read a `ParseInput`, send a `ParseReply` unless parsing fails, and exit."""
    try:
        connection.sendall(PARSING_STARTED_BYTE)
        limit_document_process(cpu_s)
        confine_process()
        document = receive_parse_input(connection)
        with exit_on_parent_end(connection):
            reply = parse_within_memory_limit(document)
        connection.sendall(msgspec.msgpack.encode(ParseReply(output=reply, cpu_s=time.process_time())))
    except BrokenPipeError:
        os._exit(0)  # The parent waits no more.
    except Exception:  # noqa: BLE001  the parent only sees that no reply came
        traceback.print_exc()
    os._exit(0)


def limit_document_process(cpu_s: int) -> None:
    """Limit the process's CPU to `cpu_s` s, and its memory and wall time, in the kernel, and so in C libraries too."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    limit_bytes = measure_address_space_bytes() + MAX_PARSER_EXTRA_MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))
    signal.alarm(MAX_DOCUMENT_WALL_TIME_S)


def measure_address_space_bytes() -> int:
    """Return the bytes of this process's address space now."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


@contextmanager
def exit_on_parent_end(connection: socket.socket) -> Iterator[None]:
    """Exit this process by SIGIO once the parent closes the connection during the block, or if it already has."""
    flags = fcntl.fcntl(connection, fcntl.F_GETFL)
    fcntl.fcntl(connection, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(connection, fcntl.F_SETFL, flags | os.O_ASYNC)
    if has_parent_hung_up(connection):
        os._exit(0)
    yield
    # A reply that is read bit by bit would raise the signal too.
    fcntl.fcntl(connection, fcntl.F_SETFL, flags)


def has_parent_hung_up(connection: socket.socket) -> bool:
    poller = select.poll()
    poller.register(connection, 0)
    return bool(poller.poll(0))


def receive_parse_input(connection: socket.socket) -> ParseInput:
    with connection.makefile("rb") as stream:
        document: ParseInput = msgspec.msgpack.decode(stream.read(), type=ParseInput)
        return document


def parse_within_memory_limit(document: ParseInput) -> ParseOutput | None:
    """Parse the document by the parser of its type; return None if that takes too much memory."""
    try:
        return PARSER_BY_DOCUMENT_TYPE[type(document)](document)
    except MemoryError:
        return None


if __name__ == "__main__":
    run_parsing_process(int(sys.argv[1]))
