"""Backoff: the wait before the next attempt."""

import random

from jobs.outcomes import Interrupted, Retry, Snooze, TaskOutcome

#: Backoff of a failed attempt in seconds: the first bound, and the largest one.
JOB_BACKOFF_BASE_S = 2.0
MAX_JOB_BACKOFF_S = 15 * 60.0
#: First backoff of a job with a busy server, in seconds.
FIRST_BUSY_SERVER_JOB_BACKOFF_S = 4.0
#: How often that doubles at most: up to 64 s.
MAX_BUSY_SERVER_BACKOFF_DOUBLINGS = 4


def full_jitter_backoff_s(attempt: int, draw: float | None = None) -> float:
    """Return the backoff after a job's `attempt`th failure, in seconds: random from 0 to a doubling, capped bound.

    `draw` in [0, 1) replaces the random number. Source: "Exponential Backoff And Jitter" (full jitter), AWS, 2015.
    """
    bound = min(MAX_JOB_BACKOFF_S, JOB_BACKOFF_BASE_S * 2.0 ** min(attempt - 1, 30))
    return bound * (random.random() if draw is None else draw)  # noqa: S311  spreads load, guards nothing


def busy_server_backoff_s(fence: int, attempt: int) -> float:
    """Return the seconds until a job's next attempt, after an external server reported that it is busy.

    They double with each attempt that wasn't counted (`fence` minus `attempt`), at most
    `MAX_BUSY_SERVER_BACKOFF_DOUBLINGS` times.
    """
    return FIRST_BUSY_SERVER_JOB_BACKOFF_S * 2.0 ** min(max(fence - attempt, 0), MAX_BUSY_SERVER_BACKOFF_DOUBLINGS)


def next_job_attempt_after_s(attempt: int, outcome: TaskOutcome) -> float | None:
    """Return the seconds from the end of a job's `attempt`th attempt to the next one, by its outcome.

    Return None for an outcome that ends the job.
    """
    match outcome:
        case Retry(after_s=None):
            return full_jitter_backoff_s(attempt)
        case Retry(after_s=wait_s) | Snooze(after_s=wait_s):
            return wait_s
        case Interrupted():
            return 0.0
        case _:
            return None
