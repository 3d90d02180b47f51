"""Hostile pages of many tenants at once: each ends with its code, and the worker's memory stays small."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from tests.workers.web import hostile
from tests.workers.web.web import say, serve

MOST = 500 << 10
#: `/nested` has no text.
ENDS = {
    "/nested": {"SCRAPE_FAILED"},
    "/jsonld": {"OK"},
    "/layers": {"FETCH_FAILED"},
    "/bomb": {"TOO_LARGE"},
    "/wide": {"OK", "TOO_LARGE", "SCRAPE_FAILED"},
    "/attributes": {"OK", "TOO_LARGE"},
    "/links": {"OK", "TOO_LARGE", "SCRAPE_FAILED"},
    "/good": {"OK"},
}


class Peaks:
    """Memory peaks in KiB: `apart` for each process, `together` of all, with shared pages counted once."""

    def __init__(self) -> None:
        self.apart: dict[int, int] = {}
        self.together = 0

    def look(self, worker: int) -> None:
        processes = family(worker)
        for pid in processes:
            self.apart[pid] = max(self.apart.get(pid, 0), number(pid, "status", "VmHWM"))
        self.together = max(self.together, sum(number(pid, "smaps_rollup", "Pss") for pid in processes))


def family(pid: int) -> list[int]:
    return [pid, *(one for child in children(pid) for one in family(child))]


def children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def number(pid: int, file: str, name: str) -> int:
    """Read a number of /proc; 0 for a process that has just ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
    return 0


@asynccontextmanager
async def reading(host: str, pages: list[str]) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.workers.ingest.parser.reading", host, *pages, stdin=PIPE, stdout=PIPE
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs Linux's /proc")
@pytest.mark.long
async def test_hostile_pages_at_once_end_with_their_codes_within_500_mib() -> None:
    assert len(hostile.layers()) < 400
    good = say(body="<title>Zap</title><p>Zap draws what you say.")
    async with serve({**hostile.answers(), "/good": good}) as site:
        pages = [site.url(path) for path in ENDS]
        async with reading(site.host, pages) as process:
            assert process.stdout is not None
            said = asyncio.create_task(process.stdout.readline())
            peaks = Peaks()
            while not said.done():
                peaks.look(process.pid)
                await asyncio.wait([said], timeout=0.02)
            codes = dict(zip(ENDS, (await said).decode().split(), strict=True))
    assert {path: code for path, code in codes.items() if code not in ENDS[path]} == {}
    worker, *others = peaks.apart.values()
    assert len(others) > len(ENDS) / 2
    # A child's high-water mark includes pages shared with its parent, so this sum is above the memory in use.
    assert worker + max(others) < MOST
    assert peaks.together < MOST
