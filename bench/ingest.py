"""Reading pages: ours, trafilatura and a few lines of Open Graph, in turns, each in processes of its own.

All get the same pages from a file, one at a time, twice: in the first pass memory is watched, the second
is timed. Ours goes its whole way, from the worker's loop to the parsing process and a fork for each page.
"""

import os
import tempfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import msgspec

from bench import pages, reading
from bench.figures import Result, Tell, ratio
from bench.memory import watched
from bench.processes import apart, told
from bench.reading import Pass
from schemas.errors import BenchmarkFailed
from workers.ingest.shapes import Source

CORES = os.cpu_count() or 1
SIDES: Mapping[str, tuple[str, ...]] = {
    "ours": ("bench.reader", "1"),
    "ours_all_cores": ("bench.reader", str(CORES)),
    "trafilatura": ("bench.peers.trafilatura_reader",),
    "open_graph": ("bench.peers.open_graph",),
}
PEERS = ("trafilatura", "open_graph")
#: Pages of a hard site take a side some seconds.
WITHIN_S = 600.0


class Size(NamedTuple):
    """The number of rounds, and of pages that are made where none are given."""

    rounds: int = 3
    pages: int = 100


FULL, TINY = Size(), Size(rounds=1, pages=5)


class Seen(NamedTuple):
    """One side of one round."""

    pages_s: float
    peak_mib: float
    named: int


async def measure(given: Sequence[Source], size: Size, tell: Tell) -> Result:
    """On the given pages, or on made ones. Raises `BenchmarkFailed` where ours misreads a made one."""
    if find_spec("trafilatura") is None:
        raise BenchmarkFailed("trafilatura is not installed: pip install 'tenantry[dev]'")
    made = [] if given else pages.make(size.pages)
    sources = given or [page.source for page in made]
    with tempfile.TemporaryDirectory(prefix="tenantry-bench-") as name:
        reading.save(Path(name) / "pages", sources)
        rounds = [await _round(Path(name), tell, f"round {turn + 1}", made) for turn in range(size.rounds)]
    return _result(rounds, sources)


async def _round(folder: Path, tell: Tell, turn: str, made: Sequence[pages.Made]) -> dict[str, Seen]:
    seen = {}
    for side, words in SIDES.items():
        tell(f"{turn}: {side}")
        names, seen[side] = await _turn(folder, words)
        if made and side.startswith("ours"):
            _check(names, made)
    return seen


async def _turn(folder: Path, words: tuple[str, ...]) -> tuple[Sequence[str | None], Seen]:
    module, *more = words
    async with apart(folder, module, str(folder / "pages"), *more) as child:
        async with watched(child.process.pid) as peak:
            await told(child, within=WITHIN_S)
        timed = msgspec.convert(await told(child, within=WITHIN_S), Pass)
    named = sum(name is not None for name in timed.names)
    return timed.names, Seen(len(timed.names) / timed.seconds, peak.kib / 1024, named)


def _check(names: Sequence[str | None], made: Sequence[pages.Made]) -> None:
    wrong = [page.source.url for name, page in zip(names, made, strict=True) if name != page.name]
    if wrong:
        raise BenchmarkFailed(f"{len(wrong)} pages were misread, such as {wrong[0]}")


def _result(rounds: Sequence[Mapping[str, Seen]], sources: Sequence[Source]) -> Result:
    figures = {f"pages_{peer}_x": ratio(*_rates(rounds, peer)) for peer in PEERS}
    return Result(figures, {"pages": _pages(sources), **{side: _side(rounds, side) for side in SIDES}})


def _rates(rounds: Sequence[Mapping[str, Seen]], peer: str) -> tuple[list[float], list[float]]:
    return [seen["ours"].pages_s for seen in rounds], [seen[peer].pages_s for seen in rounds]


def _side(rounds: Sequence[Mapping[str, Seen]], side: str) -> dict[str, Any]:
    """Its medians; memory also beside ours."""
    peak_mib = median(seen[side].peak_mib for seen in rounds)
    ours_mib = median(seen["ours"].peak_mib for seen in rounds)
    return {
        "pages_s": round(median(seen[side].pages_s for seen in rounds), 1),
        "peak_mib": round(peak_mib, 1),
        "memory_x": round(peak_mib / ours_mib, 2),
        "named": rounds[0][side].named,
    }


def _pages(sources: Sequence[Source]) -> dict[str, float]:
    sizes = [len(source.body) / 1024 for source in sources]
    return {"count": len(sizes), "median_kib": round(median(sizes)), "largest_kib": round(max(sizes))}
