"""Backoff before a reconnection: it grows until a connection has lasted, or has delivered an event."""

import random
import time
from collections.abc import Callable

#: Seconds before the first attempt, doubled after each attempt up to the maximum.
FIRST_S, MOST_S = 0.2, 30.0
#: Seconds after which a connection counts as stable: the API sends a line every 15 s.
LIVED_S = 20.0


class Backoff:
    """Growing wait; a connection that breaks early counts as a failed attempt."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._longest = clock, FIRST_S
        self._since: float | None = None

    def connected(self) -> None:
        self._since = self._clock()

    def worked(self) -> None:
        """Reset the wait after an event."""
        self._longest = FIRST_S

    def wait_s(self) -> float:
        """Return the seconds until the next attempt, after a lost or failed connection."""
        longest = FIRST_S if self._lived() else self._longest
        self._longest, self._since = min(MOST_S, 2 * longest), None
        return longest * random.uniform(0.5, 1)  # noqa: S311 - jitter

    def _lived(self) -> bool:
        return self._since is not None and self._clock() - self._since >= LIVED_S
