"""Backoff before a reconnection: it grows until a connection has lasted, or has delivered an event."""

import random
import time
from collections.abc import Callable

#: First wait, doubled after each attempt.
FIRST_WAIT_S = 0.2
MAX_WAIT_S = 30.0
#: Duration of a stable connection: the API sends a line every 15 s.
STABLE_AFTER_S = 20.0


class Backoff:
    """Growing wait; a connection that breaks early counts as a failed attempt."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._longest = clock, FIRST_WAIT_S
        self._since: float | None = None

    def mark_connected(self) -> None:
        self._since = self._clock()

    def reset(self) -> None:
        """Reset the wait after an event."""
        self._longest = FIRST_WAIT_S

    def wait_s(self) -> float:
        """Return the seconds until the next attempt, after a lost or failed connection."""
        longest = FIRST_WAIT_S if self._was_stable() else self._longest
        self._longest, self._since = min(MAX_WAIT_S, 2 * longest), None
        return longest * random.uniform(0.5, 1)  # noqa: S311 - jitter

    def _was_stable(self) -> bool:
        return self._since is not None and self._clock() - self._since >= STABLE_AFTER_S
