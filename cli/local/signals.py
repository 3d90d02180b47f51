"""The end of `up`: a signal unwinds it, so that what it started drains and ends before it does."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Terminated(BaseException):
    """A signal that asks the process to end."""


class Asked:
    """Counter of SIGUSR1, which asks for the keys."""

    def __init__(self) -> None:
        self._count = 0
        signal.signal(signal.SIGUSR1, self._add)

    def _add(self, _: int, __: FrameType | None) -> None:
        self._count += 1

    def take(self) -> bool:
        """True once for the signals that came."""
        found, self._count = self._count > 0, 0
        return found


@contextlib.contextmanager
def terminating(again: Callable[[], None]) -> Iterator[None]:
    """The first of `SIGNALS` raises `Terminated` in the main thread; each further one calls `again`."""
    came = []

    def handle(signum: int, _: FrameType | None) -> None:
        came.append(signum)
        if len(came) > 1:
            return again()
        raise Terminated

    before = {signum: signal.signal(signum, handle) for signum in SIGNALS}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
