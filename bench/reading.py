"""Shared parts of the page readers: the pages, and the results of each pass."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from bench.lines import send_message
from workers.ingest.shapes import PageDocument

#: The first pass warms up, and its memory is measured; the second is timed.
PASSES = 2
DECODER = msgspec.msgpack.Decoder(list[PageDocument])


class Fields(msgspec.Struct, frozen=True):
    """The metadata of a page; None if it isn't found, or isn't expected."""

    name: str | None = None
    title: str | None = None
    description: str | None = None
    language: str | None = None


class PageResult(NamedTuple):
    """One page's result."""

    found: Fields | None = None
    ms: float = 0.0
    cpu_ms: float = 0.0


class Pass(msgspec.Struct, frozen=True):
    """One pass: each page's fields (None if it couldn't be read), time and CPU."""

    found: list[Fields | None]
    each_ms: list[float]
    cpu_ms: list[float]
    seconds: float


def save(path: Path, pages: Sequence[PageDocument]) -> None:
    path.write_bytes(msgspec.msgpack.encode(pages))


def load(path: Path) -> list[PageDocument]:
    return DECODER.decode(path.read_bytes())


def run_in_turn(read: Callable[[PageDocument], Fields], path: Path) -> None:
    """Run a peer: read the pages one after the other in this process."""
    pages = load(path)
    for _ in range(PASSES):
        started = time.monotonic()
        results = [read_timed(read, page) for page in pages]
        send_message(combine(results, time.monotonic() - started))


def combine(results: Sequence[PageResult], seconds: float) -> Pass:
    """Combine the pages' results into a pass."""
    return Pass(
        [page.found for page in results],
        [page.ms for page in results],
        [page.cpu_ms for page in results],
        seconds,
    )


def read_timed(read: Callable[[PageDocument], Fields], page: PageDocument) -> PageResult:
    started, cpu = time.monotonic(), time.process_time()
    found = try_read(read, page)
    return PageResult(found, (time.monotonic() - started) * 1e3, (time.process_time() - cpu) * 1e3)


def try_read(read: Callable[[PageDocument], Fields], page: PageDocument) -> Fields | None:
    try:
        return read(page)
    except Exception:  # noqa: BLE001  A peer may fail on a page in any way; it is counted.
        return None
