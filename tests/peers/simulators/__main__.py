"""A simulated platform as a process: `python -m tests.peers.simulators --help`."""

import argparse
import asyncio
import signal
from collections.abc import Mapping, Sequence
from concurrent.futures import Future

from tests.peers.simulators.instagram import Instagram
from tests.peers.simulators.meta import Meta
from tests.peers.simulators.serving import run
from tests.peers.simulators.simulator import Simulator
from tests.peers.simulators.tiktok import TikTok
from tests.peers.simulators.tiktok_events import TikTokEvents

PLATFORMS: Mapping[str, type[Simulator]] = {
    "instagram": Instagram,
    "meta": Meta,
    "tiktok": TikTok,
    "tiktok_events": TikTokEvents,
}


def parsed(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.peers.simulators",
        description="A simulated platform on 127.0.0.1. Prints its address, and ends at SIGTERM or Ctrl-C.",
        epilog="The control API is under /_sim/; tests/peers/simulators/control.py describes it.",
    )
    parser.add_argument("platform", choices=sorted(PLATFORMS))
    parser.add_argument("--port", type=int, default=0, help="0, the default: any that is free")
    parser.add_argument(
        "--rate", type=float, default=1.0, help="how many times as fast its clock runs; 0: only as told"
    )
    parser.add_argument(
        "--redirect-uri", action="append", default=[], help="of the application; may be repeated"
    )
    return parser.parse_args(words)


async def serve(simulator: Simulator, port: int) -> None:
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
    running = asyncio.ensure_future(run(simulator, port, started))
    loop, stop = await asyncio.wrap_future(started)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    print(simulator.base, flush=True)  # noqa: T201  The parent process reads it.
    await running


if __name__ == "__main__":
    given = parsed()
    made = PLATFORMS[given.platform](rate=given.rate, redirect_uris=given.redirect_uri)
    asyncio.run(serve(made, given.port))
