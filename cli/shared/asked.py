"""How a command that stays is asked to end."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Asked(BaseException):
    """A signal came: unwind, which drains and ends what was started."""


@contextlib.contextmanager
def ending(again: Callable[[], None]) -> Iterator[None]:
    """The first of `SIGNALS` raises `Asked` wherever the main thread is; each further one calls `again`."""
    came = []

    def handle(signum: int, _: FrameType | None) -> None:
        came.append(signum)
        if len(came) > 1:
            return again()
        raise Asked

    before = {signum: signal.signal(signum, handle) for signum in SIGNALS}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
