"""Page readers: a tiny run of all, and the checks behind its figures."""

import asyncio
import math
import sys

import pytest

from bench import ingest, pages
from bench.memory import measure_peak
from bench.pages import Case
from bench.reading import Fields
from schemas.errors import BenchmarkFailed
from tests.waiting import eventually
from workers.ingest.page.extract import extract
from workers.ingest.shapes import PageDocument

pytestmark = pytest.mark.long


async def test_all_readers_read_the_same_generated_pages() -> None:
    said: list[str] = []
    result = await ingest.measure([], ingest.TINY, said.append)
    sides = ingest.sides()
    assert set(result.figures) == {f"pages_{peer}_x" for peer in ingest.PEERS if peer in sides}
    assert all(math.isfinite(value) and value > 0 for value in result.figures.values())
    expected = dict.fromkeys(("name", "title", "description", "language"), 5)
    read = result.details.pop("pages")
    assert (read["count"], read["expected"]) == (5, expected)
    assert set(result.details) == set(sides)
    for seen in result.details.values():
        assert seen["named"] == seen["right"]["name"] == 5
        assert seen["pages_s"] > 0
        assert 0 < seen["p50_ms"] <= seen["p95_ms"]
        assert 0 < seen["cpu_p50_ms"] <= seen["cpu_p95_ms"]
        assert 10 < seen["peak_mib"] < 2_000
    assert result.details["ours"]["right"] == expected
    assert [line.rpartition(" ")[2] for line in said] == list(sides)


async def test_given_pages_are_read_unchanged_and_scored_by_expected_fields() -> None:
    acme = PageDocument(url="https://acme.test/", body=b"<title>Acme</title>")
    given = [Case(acme, Fields(name="ACME")), Case(PageDocument(url="", body=b""))]
    result = await ingest.measure(given, ingest.TINY, lambda _: None)
    assert result.details["pages"]["count"] == 2
    assert result.details["pages"]["expected"] == {"name": 1}
    assert result.details["open_graph"]["named"] == 1
    assert result.details["open_graph"]["right"] == {"name": 1}


async def test_misread_generated_page_fails_the_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    generated_cases = [Case(page.source, Fields(name="Other")) for page in pages.make(1)]
    monkeypatch.setattr(pages, "make", lambda _: generated_cases)
    with pytest.raises(BenchmarkFailed, match=r"misread, such as https://brand0\.example/"):
        await ingest.measure([], ingest.TINY, lambda _: None)


async def test_error_without_the_peer_names_the_install_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "find_spec", lambda _: None)
    with pytest.raises(BenchmarkFailed, match=r"tenantry\[dev\]"):
        await ingest.measure([], ingest.TINY, lambda _: None)


def test_generated_pages_are_deterministic_and_as_large_as_real_ones() -> None:
    generated_cases = pages.make(5)
    assert generated_cases == pages.make(5)
    sizes = [len(page.source.body) for page in generated_cases]
    assert all(
        size == pytest.approx(wanted, rel=0.2) for size, wanted in zip(sizes, pages.SIZES, strict=True)
    )
    assert extract(generated_cases[0].source).text_length > 1_000


async def test_memory_includes_child_processes() -> None:
    grab = "import sys; held = bytearray(b'x' * (64 << 20)); sys.stdin.read()"
    start = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", start, grab, stdin=asyncio.subprocess.PIPE
    )
    async with measure_peak(process.pid) as peak:

        async def has_grown() -> bool:
            return peak.kib > 64 << 10

        await eventually(has_grown)
    await process.communicate(b"")
