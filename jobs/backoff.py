"""Backoff: the wait before the next attempt."""

import random

from jobs.outcomes import Interrupted, Outcome, Retry, Snooze

BASE_S, CAP_S = 2.0, 15 * 60.0
#: Before a job comes again that found somebody else's server busy: doubled so often, up to about a minute.
BUSY_S, MOST_DOUBLED = 4.0, 4


def full_jitter(attempt: int, draw: float | None = None) -> float:
    """Seconds to wait after the `attempt`th failure, evenly between 0 and a bound that doubles each time.

    `draw` in [0, 1) stands in for chance. Source: "Exponential Backoff And Jitter", AWS, 2015.
    """
    bound = min(CAP_S, BASE_S * 2.0 ** min(attempt - 1, 30))
    return bound * (random.random() if draw is None else draw)  # noqa: S311  spreads load, guards nothing


def busy_s(fence: int, attempt: int) -> float:
    """Seconds until a job comes again whose server was busy: more after each attempt that cost none."""
    return BUSY_S * 2.0 ** min(max(fence - attempt, 0), MOST_DOUBLED)


def after_s(attempt: int, outcome: Outcome) -> float | None:
    """Seconds from the end of the `attempt`th attempt to the next one; None if there is none."""
    match outcome:
        case Retry(after_s=None):
            return full_jitter(attempt)
        case Retry(after_s=wait_s) | Snooze(after_s=wait_s):
            return wait_s
        case Interrupted():
            return 0.0
        case _:
            return None
