"""`python -m tests.peers.exactly_once`: docs/reference/exactly-once.md with new tables, on stdout.

`--write` writes them into the page. The exit code is 1 if a row breaks the rule that the page states.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from telemetry import logs
from tests import servers
from tests.peers.exactly_once import faults, kills, page, system
from tests.peers.exactly_once.rows import OutcomeRow, wrong
from tests.peers.exactly_once.shapes import PLATFORMS

#: Concurrent processes.
PROCESSES = 2


def play(platforms: Sequence[str], server_url: str, redis_url: str, *, killed: bool) -> list[OutcomeRow]:
    """Play one part of the matrix on its own database and Redis."""
    logs.configure_logging(process="exactly once", level="error")
    return asyncio.run(_play(platforms, server_url, redis_url, killed=killed))


async def _play(platforms: Sequence[str], server_url: str, redis_url: str, *, killed: bool) -> list[OutcomeRow]:
    chosen = frozenset(platforms)
    with tempfile.TemporaryDirectory() as name:
        async with system.opened(server_url, redis_url, Path(name), chosen) as opened:
            if killed:
                return await kills.play_all(opened, chosen, Path(name), _report)
            return await faults.play_all(opened, chosen, _report)


def _report(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.peers.exactly_once")
    parser.add_argument("--write", action="store_true", help=f"write docs/reference/{page.PAGE.name} too")
    options = parser.parse_args()
    parts = [([platform], False) for platform in PLATFORMS] + [(PLATFORMS, True)]
    with (
        servers.shared_urls("master") as (server_url, redis_url),
        ProcessPoolExecutor(PROCESSES, get_context("spawn")) as processes,
    ):
        playing = [
            processes.submit(play, platforms, server_url, servers.with_path(redis_url, str(number)), killed=killed)
            for number, (platforms, killed) in enumerate(parts)
        ]
        rows = [row for part in playing for row in part.result()]
    print(text := page.updated(rows))  # noqa: T201
    broken = [*wrong(rows)]
    for row, why in broken:
        _report(f"BROKEN: {why}: {row}")
    if options.write and not broken:
        page.PAGE.write_text(text, "utf-8")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
