"""The wait before a connection is tried again: it grows until one has lived, or has brought something."""

import random
import time
from collections.abc import Callable

#: Seconds before the first try; doubled after each one up to the most.
FIRST_S, MOST_S = 0.2, 30.0
#: Seconds that a connection has to last: the API says something every 15 s.
LIVED_S = 20.0


class Backoff:
    """A connection that is cut as soon as it is there counts as one that was never there."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._longest = clock, FIRST_S
        self._since: float | None = None

    def connected(self) -> None:
        self._since = self._clock()

    def worked(self) -> None:
        """It has brought something."""
        self._longest = FIRST_S

    def wait_s(self) -> float:
        """Seconds until the next try, after a connection that has ended or couldn't be had."""
        longest = FIRST_S if self._lived() else self._longest
        self._longest, self._since = min(MOST_S, 2 * longest), None
        return longest * random.uniform(0.5, 1)  # noqa: S311 - only to spread tries

    def _lived(self) -> bool:
        return self._since is not None and self._clock() - self._since >= LIVED_S
