"""Parts that the processes that read pages share: the pages, and what each pass over them says."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from bench.lines import say
from workers.ingest.shapes import Source

#: The first warms up, while its memory is watched; the second is timed.
PASSES = 2
DECODER = msgspec.msgpack.Decoder(list[Source])


class Fields(msgspec.Struct, frozen=True):
    """The metadata of a page; None for what isn't found, or isn't expected."""

    name: str | None = None
    title: str | None = None
    description: str | None = None
    language: str | None = None


class Pass(msgspec.Struct, frozen=True):
    """One pass: each page's fields, None where the page couldn't be read, and how long each took."""

    found: list[Fields | None]
    each_ms: list[float]
    seconds: float


def save(path: Path, pages: Sequence[Source]) -> None:
    path.write_bytes(msgspec.msgpack.encode(pages))


def load(path: Path) -> list[Source]:
    return DECODER.decode(path.read_bytes())


def by_turns(read: Callable[[Source], Fields], path: Path) -> None:
    """A peer's whole run: a page after the other, in this process."""
    pages = load(path)
    for _ in range(PASSES):
        started = time.monotonic()
        done = [timed(read, page) for page in pages]
        say(Pass([found for found, _ in done], [ms for _, ms in done], time.monotonic() - started))


def timed(read: Callable[[Source], Fields], page: Source) -> tuple[Fields | None, float]:
    started = time.monotonic()
    return attempt(read, page), (time.monotonic() - started) * 1e3


def attempt(read: Callable[[Source], Fields], page: Source) -> Fields | None:
    try:
        return read(page)
    except Exception:  # noqa: BLE001  A peer may fail on a page in any way; it is counted.
        return None
