"""Backoff: the wait before the next attempt."""

import random

from jobs.outcomes import Interrupted, Outcome, Retry, Snooze

BASE_S, CAP_S = 2.0, 15 * 60.0
#: Backoff of a job after its server was busy, in seconds: the base, and how often it doubles (to 64 s).
BUSY_S, MOST_DOUBLED = 4.0, 4


def full_jitter(attempt: int, draw: float | None = None) -> float:
    """Return the backoff after the `attempt`th failure, in seconds: full jitter, under a doubling bound.

    `draw` in [0, 1) replaces the random number. Source: "Exponential Backoff And Jitter", AWS, 2015.
    """
    bound = min(CAP_S, BASE_S * 2.0 ** min(attempt - 1, 30))
    return bound * (random.random() if draw is None else draw)  # noqa: S311  spreads load, guards nothing


def busy_s(fence: int, attempt: int) -> float:
    """Return the backoff of a job with a busy server, in seconds. It doubles with each free attempt."""
    return BUSY_S * 2.0 ** min(max(fence - attempt, 0), MOST_DOUBLED)


def after_s(attempt: int, outcome: Outcome) -> float | None:
    """Return the seconds from the end of the `attempt`th attempt to the next one; None if there is none."""
    match outcome:
        case Retry(after_s=None):
            return full_jitter(attempt)
        case Retry(after_s=wait_s) | Snooze(after_s=wait_s):
            return wait_s
        case Interrupted():
            return 0.0
        case _:
            return None
