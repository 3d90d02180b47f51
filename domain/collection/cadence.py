"""Polling cadence: how often a post's figures are requested, by its age, and an account's."""

from datetime import datetime, timedelta

#: Interval between two requests for a post, from each age on. No request follows `MAX_METRIC_POLLED_POST_AGE`.
METRIC_POLL_INTERVAL_BY_POST_AGE = (
    (timedelta(), timedelta(hours=1)),
    (timedelta(hours=48), timedelta(hours=6)),
    (timedelta(days=7), timedelta(days=1)),
)
MAX_METRIC_POLLED_POST_AGE = timedelta(days=90)

#: Period for which a sandbox's missed figures are requested; its clock stops once a day for them.
MAX_SANDBOX_METRIC_CATCH_UP_PERIOD = timedelta(hours=48)

#: Seconds until an account is due again: as a rule; if it can't be polled now; and if more posts were due
#: than one collection run requests.
ACCOUNT_POLL_RECHECK_S, UNPOLLABLE_ACCOUNT_RECHECK_S, INCOMPLETE_COLLECTION_RESUME_S = 3600.0, 6 * 3600.0, 300.0
#: Seconds between two readings of an account's followers.
FOLLOWER_COUNT_POLL_INTERVAL_S = 6 * 3600.0

#: Seconds until an account is due again after its platform failed, doubled by each failure in a row.
FIRST_ACCOUNT_POLL_BACKOFF_S, MAX_ACCOUNT_POLL_BACKOFF_S = 300.0, 6 * 3600.0
#: Seconds to wait for a token refresh.
METRIC_POLL_TOKEN_REFRESH_WAIT_S = 120.0


def next_metric_poll_time_by_age(published_at: datetime, asked_at: datetime) -> datetime | None:
    """Return a post's next metric poll after `asked_at`, rarer with its age; None past `MAX_METRIC_POLLED_POST_AGE`."""
    age = asked_at - published_at
    step = next(
        (every for since, every in reversed(METRIC_POLL_INTERVAL_BY_POST_AGE) if age >= since),
        METRIC_POLL_INTERVAL_BY_POST_AGE[0][1],
    )
    due = asked_at + step
    return due if due - published_at < MAX_METRIC_POLLED_POST_AGE else None


def list_missed_sandbox_metric_poll_times(
    published_at: datetime, due_at: datetime | None, now: datetime
) -> list[datetime]:
    """List the times of a post's metric polls that a sandbox's clock skipped: from `due_at` up to `now`.

    With `due_at` None the first is an hour after the publication. If the first is more than
    `MAX_SANDBOX_METRIC_CATCH_UP_PERIOD` ago, such as in an archived project, the list has only `now`.
    """
    at = published_at + METRIC_POLL_INTERVAL_BY_POST_AGE[0][1] if due_at is None else due_at
    if at < now - MAX_SANDBOX_METRIC_CATCH_UP_PERIOD:
        return [now]
    times = list[datetime]()
    while at <= now:
        times.append(at)
        following = next_metric_poll_time_by_age(published_at, at)
        if following is None:
            break
        at = following
    return times


def next_metric_poll_time_after_failure(published_at: datetime, asked_at: datetime) -> datetime | None:
    """Return the time of a post's next metric poll after a failed one, within an hour; None once the post is too old.

    The time is in the future. A post that stayed due would be first in the next run again.
    """
    due = next_metric_poll_time_by_age(published_at, asked_at)
    return due and min(due, asked_at + METRIC_POLL_INTERVAL_BY_POST_AGE[0][1])


def account_metric_poll_backoff_s(failures: int) -> float:
    """Return the seconds until an account's next metric poll, doubled per failure up to a maximum."""
    return float(min(FIRST_ACCOUNT_POLL_BACKOFF_S * 2 ** min(failures - 1, 20), MAX_ACCOUNT_POLL_BACKOFF_S))
