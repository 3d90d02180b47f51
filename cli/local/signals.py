"""Signals of `up`: SIGTERM unwinds the stack, so that all children drain and end first."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType

TERMINATION_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class TerminationSignalReceived(BaseException):
    """Raised in the main thread by the first signal to end the process."""


class PrintKeysRequestCounter:
    """Counter of SIGUSR1, the request to print the keys."""

    def __init__(self) -> None:
        self._count = 0
        signal.signal(signal.SIGUSR1, self._count_sigusr1)

    def _count_sigusr1(self, _: int, __: FrameType | None) -> None:
        self._count += 1

    def take_print_request(self) -> bool:
        """Return whether a SIGUSR1, which requests the API keys, arrived since the last call."""
        arrived, self._count = self._count > 0, 0
        return arrived


@contextlib.contextmanager
def raise_on_termination_signals(again: Callable[[], None]) -> Iterator[None]:
    """Raise `TerminationSignalReceived` in the main thread at the first ending signal; call `again` at others."""
    received = []

    def handle(signum: int, _: FrameType | None) -> None:
        received.append(signum)
        if len(received) > 1:
            return again()
        raise TerminationSignalReceived

    before = {signum: signal.signal(signum, handle) for signum in TERMINATION_SIGNALS}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
