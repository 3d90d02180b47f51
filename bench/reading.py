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


class Pass(msgspec.Struct, frozen=True):
    """The findings of one pass: each page's brand, None where the page couldn't be read."""

    names: list[str | None]
    seconds: float


def save(path: Path, pages: Sequence[Source]) -> None:
    path.write_bytes(msgspec.msgpack.encode(pages))


def load(path: Path) -> list[Source]:
    return DECODER.decode(path.read_bytes())


def by_turns(read: Callable[[Source], str | None], path: Path) -> None:
    """A peer's whole run: a page after the other, in this process."""
    pages = load(path)
    for _ in range(PASSES):
        started = time.monotonic()
        names = [attempt(read, page) for page in pages]
        say(Pass(names, time.monotonic() - started))


def attempt(read: Callable[[Source], str | None], page: Source) -> str | None:
    try:
        return read(page)
    except Exception:  # noqa: BLE001  A peer may fail on a page in any way; it is counted.
        return None
