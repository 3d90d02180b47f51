"""Parts of the matrix, each a process on its own database and Redis."""

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from telemetry import logs
from tests import servers
from tests.peers.exactly_once import faults, kills, system
from tests.peers.exactly_once.rows import OutcomeRow
from tests.peers.exactly_once.shapes import SHAPES

PLATFORMS = sorted({shape.platform for shape in SHAPES})
FAULTS, KILLS = "faults", "kills"
#: Concurrent processes.
PROCESSES = 2


class Part(NamedTuple):
    """One part; `way` is faults or kills."""

    way: str
    platforms: tuple[str, ...]
    server_url: str
    redis_url: str


def plan(ways: Iterable[str], platforms: Iterable[str], server_url: str, redis_url: str) -> Iterator[Part]:
    """Yield the parts, the longest first."""
    chosen = tuple(platforms)
    found = [(FAULTS, (each,)) for each in chosen] + [(KILLS, chosen)]
    for number, (way, mine) in enumerate(each for each in found if each[0] in ways):
        yield Part(way, mine, server_url, servers.with_path(redis_url, str(number)))


def play_all(parts: Iterable[Part]) -> list[OutcomeRow]:
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as processes:
        return [row for found in processes.map(play, parts) for row in found]


def play(part: Part) -> list[OutcomeRow]:
    logs.configure(process="exactly once", level="error")
    began = time.monotonic()

    def say(words: str) -> None:
        print(f"{time.monotonic() - began:5.1f} s  {part.way}: {words}", file=sys.stderr, flush=True)  # noqa: T201

    return asyncio.run(played(part, say))


async def played(part: Part, say: faults.Say) -> list[OutcomeRow]:
    chosen = frozenset(part.platforms)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with system.opened(part.server_url, part.redis_url, folder, chosen) as opened:
            if part.way == FAULTS:
                return await faults.play_all(opened, chosen, say)
            return await kills.play_all(opened, chosen, folder, say)
