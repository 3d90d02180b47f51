"""Hostile pages of many tenants at once: each ends with its code, and the worker's memory stays small."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from tests.process_tree import descendants
from tests.workers.web import hostile
from tests.workers.web.web import raw_response, serve

MAX_KIB = 500 << 10
#: `/nested` has no text.
EXPECTED_CODES = {
    "/nested": {"SCRAPE_FAILED"},
    "/jsonld": {"OK"},
    "/layers": {"FETCH_FAILED"},
    "/bomb": {"TOO_LARGE"},
    "/wide": {"OK", "TOO_LARGE", "SCRAPE_FAILED"},
    "/attributes": {"OK", "TOO_LARGE"},
    "/links": {"OK", "TOO_LARGE", "SCRAPE_FAILED"},
    "/good": {"OK"},
}


class MemoryPeaks:
    """Memory peaks in KiB: `by_process` for each process, `total` of all, with shared pages counted once."""

    def __init__(self) -> None:
        self.by_process: dict[int, int] = {}
        self.total = 0

    def sample(self, worker: int) -> None:
        processes = [worker, *descendants(worker)]
        for pid in processes:
            self.by_process[pid] = max(self.by_process.get(pid, 0), read_number(pid, "status", "VmHWM"))
        self.total = max(self.total, sum(read_number(pid, "smaps_rollup", "Pss") for pid in processes))


def read_number(pid: int, file: str, name: str) -> int:
    """Read a number of /proc; 0 for a process that has just ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
    return 0


@asynccontextmanager
async def run_reader(host: str, pages: list[str]) -> AsyncIterator[Process]:
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
    good = raw_response(body="<title>Zap</title><p>Zap draws what you say.")
    async with serve({**hostile.answers(), "/good": good}) as site:
        pages = [site.url(path) for path in EXPECTED_CODES]
        async with run_reader(site.host, pages) as process:
            assert process.stdout is not None
            codes_line = asyncio.create_task(process.stdout.readline())
            peaks = MemoryPeaks()
            while not codes_line.done():
                peaks.sample(process.pid)
                await asyncio.wait([codes_line], timeout=0.02)
            codes = dict(zip(EXPECTED_CODES, (await codes_line).decode().split(), strict=True))
    assert {path: code for path, code in codes.items() if code not in EXPECTED_CODES[path]} == {}
    worker, *child_peaks = peaks.by_process.values()
    assert len(child_peaks) > len(EXPECTED_CODES) / 2
    # A child's high-water mark includes pages shared with its parent, so this sum is above the memory in use.
    assert worker + max(child_peaks) < MAX_KIB
    assert peaks.total < MAX_KIB
