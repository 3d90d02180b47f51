"""A circuit breaker: skips calls to a server for a while after it has failed."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf


@dataclass
class CircuitBreaker:
    """Open for `cool_s` seconds after a failure, then half-open: one call at a time tests the server."""

    cool_s: float
    clock: Callable[[], float] = time.monotonic
    failing: bool = False
    open_until: float = -inf

    @property
    def is_open(self) -> bool:
        """Return whether the circuit breaker is open: the server failed a moment ago, so no call to it may be made."""
        return self.clock() < self.open_until

    def try_to_reserve_call(self) -> bool:
        """Return whether the caller may call the server now. If so, it must report success or failure.

        After a failure, each permission blocks all further calls for `cool_s` seconds.
        """
        if self.is_open:
            return False
        if self.failing:
            self.open_until = self.clock() + self.cool_s
        return True

    def record_success(self) -> None:
        self.failing, self.open_until = False, -inf

    def record_failure_and_open(self) -> None:
        self.failing, self.open_until = True, self.clock() + self.cool_s
