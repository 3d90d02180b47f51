"""Shutdown of a process: its signals, and waits that a stop cuts short."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class StopSoonOrNowRequest:
    """A request to stop: the first signal sets `soon` (drain), the second one `now` (end at once)."""

    soon: asyncio.Event = field(default_factory=asyncio.Event)
    now: asyncio.Event = field(default_factory=asyncio.Event)

    def request_stop(self) -> None:
        (self.now if self.soon.is_set() else self.soon).set()


@contextlib.contextmanager
def handle_stop_signals() -> Iterator[StopSoonOrNowRequest]:
    """Yield a `StopSoonOrNowRequest`: a first SIGTERM or SIGINT requests a drain, a second one an end at once."""
    stop, loop = StopSoonOrNowRequest(), asyncio.get_running_loop()
    for signum in STOP_SIGNALS:
        loop.add_signal_handler(signum, stop.request_stop)
    try:
        yield stop
    finally:
        for signum in STOP_SIGNALS:
            loop.remove_signal_handler(signum)


async def wait_for_asyncio_event(*events: asyncio.Event, within_s: float) -> None:
    """Wait until one of the asyncio events is set, for at most `within_s` seconds; return nothing in either case."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waits, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
