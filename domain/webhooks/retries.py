"""Retries of deliveries: how long after which try, and what a receiver's own wish changes of that."""

import random

#: Seconds from a try without success to the next one. With the first that is ten tries in about 76 hours.
WAITS_S = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
#: Each wait is longer or shorter by up to this part of it: what failed together comes apart.
JITTER = 0.1
MOST_TRIES = len(WAITS_S) + 1


def wait_s(tries: int, *, asked_s: float | None, draw: float | None = None) -> float | None:
    """Seconds until the next try after so many; None: that was the last one.

    `asked_s` is the receiver's Retry-After: no sooner than that. `draw` in [0, 1) stands in for chance.
    """
    if tries >= MOST_TRIES:
        return None
    chance = random.random() if draw is None else draw  # noqa: S311  spreads load, guards nothing
    return max(WAITS_S[tries - 1] * (1 + JITTER * (2 * chance - 1)), asked_s or 0.0)
