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

    @property
    def rests(self) -> bool:
        """True while no call is to be made."""
        return self.clock() < self.open_until

    def passes(self) -> bool:
        """True if the call is to be made; whoever gets True says how it went."""
        if self.rests:
            return False
        if self.failing:
            self.open_until = self.clock() + self.cool_s
        return True

    def worked(self) -> None:
        self.failing, self.open_until = False, -inf

    def failed(self) -> None:
        self.failing, self.open_until = True, self.clock() + self.cool_s
