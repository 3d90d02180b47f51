"""Peak memory of a process tree.

Proportional set size: a page shared by n processes counts as one n-th in each, so a sum over forks is
correct.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec

#: Poll interval: a page's process lives for tens of milliseconds.
POLL_S = 0.005


class Peak(msgspec.Struct):
    """The highest value so far."""

    kib: int = 0


@contextlib.asynccontextmanager
async def measure_peak(pid: int) -> AsyncIterator[Peak]:
    """Watch a process and its children while the block runs."""
    peak = Peak()
    poller = asyncio.create_task(_poll(pid, peak))
    try:
        yield peak
    finally:
        poller.cancel()


async def _poll(pid: int, peak: Peak) -> None:
    while True:
        peak.kib = max(peak.kib, sum(map(_pss_kib, _descendants(pid))))
        await asyncio.sleep(POLL_S)


def _descendants(pid: int) -> Iterator[int]:
    """Yield a process and its descendants, skipping ended ones."""
    yield pid
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield from _descendants(int(child))


def _pss_kib(pid: int) -> int:
    """Return the PSS in KiB; 0 for an ended process."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
