"""Page readers: ours, trafilatura, metascraper and a few lines of Open Graph, each in its own processes.

They run in turn. All read the same pages from a file, one at a time, twice: the first pass measures memory,
the second time. Ours runs the full path, from the worker's loop to the parsing process with a fork for each
page. Where cases have expected values, each reader's fields are scored.
"""

import os
import tempfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import msgspec

from bench import pages, reading, scoring
from bench.figures import ProgressCallback, Result, ratio, spread
from bench.memory import measure_peak
from bench.pages import Case
from bench.peers import metascraper_reader
from bench.processes import read_message, run_module
from bench.reading import Fields, Pass
from schemas.errors import BenchmarkFailed

CORES = os.cpu_count() or 1
SIDES: Mapping[str, tuple[str, ...]] = {
    "ours": ("bench.reader", "1"),
    "ours_all_cores": ("bench.reader", str(CORES)),
    "trafilatura": ("bench.peers.trafilatura_reader",),
    "metascraper": ("bench.peers.metascraper_reader",),
    "open_graph": ("bench.peers.open_graph",),
}
PEERS = ("trafilatura", "metascraper", "open_graph")
#: Timeout of a reader in seconds: pages of a hard site take some seconds.
READER_TIMEOUT_S = 600.0


class Size(NamedTuple):
    """Rounds, and the number of generated pages if no cases are given."""

    rounds: int = 3
    pages: int = 100


FULL, TINY = Size(), Size(rounds=1, pages=5)


class ReaderRound(NamedTuple):
    """One reader's results in one round."""

    pages_s: float
    each_ms: dict[str, float]
    cpu_ms: dict[str, float]
    peak_mib: float
    found: Sequence[Fields | None]


async def measure(given_cases: Sequence[Case], size: Size, tell: ProgressCallback) -> Result:
    """Measure the given or generated pages. Raises `BenchmarkFailed` if ours misreads a generated page."""
    if find_spec("trafilatura") is None:
        raise BenchmarkFailed("trafilatura is not installed: pip install 'tenantry[dev]'")
    cases = given_cases or pages.make(size.pages)
    with tempfile.TemporaryDirectory(prefix="tenantry-bench-") as name:
        reading.save(Path(name) / "pages", [case.source for case in cases])
        rounds = [await _round(Path(name), tell, f"round {turn + 1}") for turn in range(size.rounds)]
    if not given_cases:
        _check(rounds, cases)
    return _result(rounds, cases)


def sides() -> dict[str, tuple[str, ...]]:
    """Return the installed readers: metascraper is installed with the servers of `bin/test --peers`."""
    missing = set() if metascraper_reader.is_installed() else {"metascraper"}
    return {side: words for side, words in SIDES.items() if side not in missing}


async def _round(folder: Path, tell: ProgressCallback, turn: str) -> dict[str, ReaderRound]:
    results = {}
    for side, words in sides().items():
        tell(f"{turn}: {side}")
        results[side] = await _run_reader(folder, words)
    return results


async def _run_reader(folder: Path, words: tuple[str, ...]) -> ReaderRound:
    module, *more = words
    async with run_module(folder, module, str(folder / "pages"), *more) as child:
        async with measure_peak(child.process.pid) as peak:
            await read_message(child, within=READER_TIMEOUT_S)
        timed = msgspec.convert(await read_message(child, within=READER_TIMEOUT_S), Pass)
    rate, cpu = len(timed.found) / timed.seconds, spread(timed.cpu_ms)
    return ReaderRound(rate, spread(timed.each_ms), cpu, peak.kib / 1024, timed.found)


def _check(rounds: Sequence[Mapping[str, ReaderRound]], cases: Sequence[Case]) -> None:
    for result in (
        result for results in rounds for side, result in results.items() if side.startswith("ours")
    ):
        pairs = zip(result.found, cases, strict=True)
        wrong = [case.source.url for found, case in pairs if _name(found) != case.expected.name]
        if wrong:
            raise BenchmarkFailed(f"{len(wrong)} pages were misread, such as {wrong[0]}")


def _name(found: Fields | None) -> str | None:
    return found.name if found else None


def _result(rounds: Sequence[Mapping[str, ReaderRound]], cases: Sequence[Case]) -> Result:
    measured = rounds[0].keys()
    figures = {f"pages_{peer}_x": ratio(*_rates(rounds, peer)) for peer in PEERS if peer in measured}
    details = {side: _side(rounds, side, cases) for side in measured}
    return Result(figures, {"pages": _pages(cases), **details})


def _rates(rounds: Sequence[Mapping[str, ReaderRound]], peer: str) -> tuple[list[float], list[float]]:
    return [results["ours"].pages_s for results in rounds], [results[peer].pages_s for results in rounds]


def _side(rounds: Sequence[Mapping[str, ReaderRound]], side: str, cases: Sequence[Case]) -> dict[str, Any]:
    """Return a reader's medians, memory also relative to ours. Fields come from the first round: all are
    equal.
    """
    peak_mib = median(results[side].peak_mib for results in rounds)
    ours_mib = median(results["ours"].peak_mib for results in rounds)
    found = rounds[0][side].found
    return {
        "pages_s": round(median(results[side].pages_s for results in rounds), 1),
        "p50_ms": round(median(results[side].each_ms["p50"] for results in rounds), 1),
        "p95_ms": round(median(results[side].each_ms["p95"] for results in rounds), 1),
        "cpu_p50_ms": round(median(results[side].cpu_ms["p50"] for results in rounds), 1),
        "cpu_p95_ms": round(median(results[side].cpu_ms["p95"] for results in rounds), 1),
        "peak_mib": round(peak_mib, 1),
        "memory_x": round(peak_mib / ours_mib, 2),
        "named": sum(_name(fields) is not None for fields in found),
        "right": scoring.count_correct(found, [case.expected for case in cases]),
    }


def _pages(cases: Sequence[Case]) -> dict[str, Any]:
    sizes = [len(case.source.body) / 1024 for case in cases]
    expected = scoring.expected([case.expected for case in cases])
    counts = {"count": len(sizes), "median_kib": round(median(sizes)), "largest_kib": round(max(sizes))}
    return {**counts, "expected": expected}
