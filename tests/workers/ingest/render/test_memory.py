"""Memory of a drawing's processes, also on a host that hides their share of shared pages."""

import os
from pathlib import Path

from workers.ingest.render.jail import PAGE_BYTES, read_memory_bytes


def test_without_the_share_of_shared_pages_all_pages_count(tmp_path: Path) -> None:
    process = tmp_path / "7"
    process.mkdir()
    assert read_memory_bytes(7, tmp_path) == 0
    (process / "statm").write_text("900 30 20 1 0 99 0\n")
    assert read_memory_bytes(7, tmp_path) == 30 * PAGE_BYTES
    (process / "smaps_rollup").write_text("55d0-7ffd ---p 00000000 00:00 0 [rollup]\nRss: 120 kB\nPss: 40 kB\n")
    assert read_memory_bytes(7, tmp_path) == 40 << 10
    assert read_memory_bytes(os.getpid()) > 0
