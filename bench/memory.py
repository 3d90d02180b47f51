"""The peak of the memory of a tree of processes.

Proportional set size: a page that n processes share counts as one n-th in each, so a sum over forks is true.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec

#: A page's process lives for tens of milliseconds.
EVERY_S = 0.005


class Peak(msgspec.Struct):
    """The most that was seen so far."""

    kib: int = 0


@contextlib.asynccontextmanager
async def watched(pid: int) -> AsyncIterator[Peak]:
    """Looks at a process and its children until the block ends."""
    peak = Peak()
    looking = asyncio.create_task(_look(pid, peak))
    try:
        yield peak
    finally:
        looking.cancel()


async def _look(pid: int, peak: Peak) -> None:
    while True:
        peak.kib = max(peak.kib, sum(map(_held, _family(pid))))
        await asyncio.sleep(EVERY_S)


def _family(pid: int) -> Iterator[int]:
    """A process, its children and theirs; none that has ended meanwhile."""
    yield pid
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield from _family(int(child))


def _held(pid: int) -> int:
    """KiB; nothing for a process that has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
