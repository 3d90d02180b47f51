"""A circuit breaker: nobody waits for a server that was away a moment ago."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf


@dataclass
class Breaker:
    """Open for `cool_s` seconds after a failure; then one call at a time tries again, and decides."""

    cool_s: float
    clock: Callable[[], float] = time.monotonic
    failing: bool = False
    open_until: float = -inf

    def passes(self) -> bool:
        """True if the call is to be made; whoever gets True says how it went."""
        now = self.clock()
        if now < self.open_until:
            return False
        if self.failing:
            self.open_until = now + self.cool_s
        return True

    def worked(self) -> None:
        self.failing, self.open_until = False, -inf

    def failed(self) -> None:
        self.failing, self.open_until = True, self.clock() + self.cool_s
