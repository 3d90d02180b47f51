"""Cadence: how often a post is asked about, by its age, and an account."""

from datetime import datetime, timedelta

#: From each age of a post on, the time until it is asked about again. Nothing follows the last one.
STEPS = (
    (timedelta(), timedelta(hours=1)),
    (timedelta(hours=48), timedelta(hours=6)),
    (timedelta(days=7), timedelta(days=1)),
)
LAST = timedelta(days=90)

#: The time that a sandbox's figures are asked for afterwards; a clock stops once a day for them.
CATCH_UP = timedelta(hours=48)

#: Seconds until an account comes up again, whatever is due by then; one that can't be asked now; and one of
#: whom more was due than a visit asks for.
LOOK_S, LATER_S, MORE_S = 3600.0, 6 * 3600.0, 300.0
#: Seconds between two readings of an account's followers.
GAUGES_S = 6 * 3600.0

#: Seconds until an account comes up again whose platform failed, doubled by each failure in a row.
FAILED_S, LONGEST_S = 300.0, 6 * 3600.0
#: Seconds in which a new token comes, or doesn't.
REFRESH_S = 120.0


def next_due(published_at: datetime, asked_at: datetime) -> datetime | None:
    """The time at which a post is asked about again that was asked about then; None: never."""
    age = asked_at - published_at
    step = next((every for since, every in reversed(STEPS) if age >= since), STEPS[0][1])
    due = asked_at + step
    return due if due - published_at < LAST else None


def missed(published_at: datetime, due_at: datetime | None, now: datetime) -> list[datetime]:
    """List the times that a sandbox's clock passed at which a post had to be asked about.

    The first is an hour after the post went out. A post that could not be asked about for `CATCH_UP`, such as
    in an archived project, is asked about now, as in real time.
    """
    at = published_at + STEPS[0][1] if due_at is None else due_at
    if at < now - CATCH_UP:
        return [now]
    times = list[datetime]()
    while at <= now:
        times.append(at)
        following = next_due(published_at, at)
        if following is None:
            break
        at = following
    return times


def next_try(published_at: datetime, asked_at: datetime) -> datetime | None:
    """The same of a post that nobody answered for then: not at once, since it would be the first again."""
    due = next_due(published_at, asked_at)
    return due and min(due, asked_at + STEPS[0][1])


def after_failures(failures: int) -> float:
    """Seconds until an account comes up again after so many failures in a row."""
    return float(min(FAILED_S * 2 ** min(failures - 1, 20), LONGEST_S))
