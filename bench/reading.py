"""Shared parts of the page readers: the pages, and the results of each pass."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from bench.lines import say
from workers.ingest.shapes import Source

#: The first pass warms up, and its memory is measured; the second is timed.
PASSES = 2
DECODER = msgspec.msgpack.Decoder(list[Source])


class Fields(msgspec.Struct, frozen=True):
    """The metadata of a page; None if it isn't found, or isn't expected."""

    name: str | None = None
    title: str | None = None
    description: str | None = None
    language: str | None = None


class Done(NamedTuple):
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


def save(path: Path, pages: Sequence[Source]) -> None:
    path.write_bytes(msgspec.msgpack.encode(pages))


def load(path: Path) -> list[Source]:
    return DECODER.decode(path.read_bytes())


def by_turns(read: Callable[[Source], Fields], path: Path) -> None:
    """Run a peer: read the pages one after the other in this process."""
    pages = load(path)
    for _ in range(PASSES):
        started = time.monotonic()
        done = [timed(read, page) for page in pages]
        say(made_of(done, time.monotonic() - started))


def made_of(done: Sequence[Done], seconds: float) -> Pass:
    """Combine the pages' results into a pass."""
    return Pass([one.found for one in done], [one.ms for one in done], [one.cpu_ms for one in done], seconds)


def timed(read: Callable[[Source], Fields], page: Source) -> Done:
    started, cpu = time.monotonic(), time.process_time()
    found = attempt(read, page)
    return Done(found, (time.monotonic() - started) * 1e3, (time.process_time() - cpu) * 1e3)


def attempt(read: Callable[[Source], Fields], page: Source) -> Fields | None:
    try:
        return read(page)
    except Exception:  # noqa: BLE001  A peer may fail on a page in any way; it is counted.
        return None
