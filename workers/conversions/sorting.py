"""Sorting of due conversions: those that can be sent, as their destination takes them, and others' ends."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from domain.events.conversion_lines import OpenDestination
from domain.events.conversions import Due, End
from schemas.conversions import Ended
from workers.conversions import consent, person, skipped
from workers.conversions.person import Tree
from workers.conversions.skipped import Skipped

#: A destination takes events of 7 days, and knows them for 48 hours from the first try on: an hour is for
#: the way there.
OLDEST, KNOWN = timedelta(days=7) - timedelta(hours=1), timedelta(hours=47)

#: An event as a destination takes it, or why it can't be one.
Make: TypeAlias = Callable[[OpenDestination, Due, Tree], dict[str, Any] | Skipped]


class Ready(NamedTuple):
    """A conversion as it is sent."""

    id: UUID
    event: dict[str, Any]


def sort(
    due: Sequence[Due], make: Make, to: OpenDestination, *, now: datetime
) -> tuple[list[Ready], list[End]]:
    ready, ends = list[Ready](), list[End]()
    for one in due:
        found = end_of(one, now=now) or _made(one, make, to)
        if isinstance(found, End):
            ends.append(found)
        else:
            ready.append(Ready(one.id, found))
    return ready, ends


def end_of(due: Due, *, now: datetime) -> End | None:
    """The end of one whose time is over."""
    if due.first_try_at is not None and now - due.first_try_at > KNOWN:
        message = "an answer was lost, and it is too late to ask again: it may have been counted"
        return End(due.id, "outcome_unknown", "ANSWER_LOST", message)
    if now - due.occurred_at > OLDEST:
        if due.first_try_at is not None:
            message = (
                "an answer was lost, and the event is too old to be sent again: it may have been counted"
            )
            return End(due.id, "outcome_unknown", "ANSWER_LOST", message)
        return End(due.id, "expired", "TOO_OLD", "the event is older than the 7 days that are taken")
    return None


def _made(due: Due, make: Make, to: OpenDestination) -> dict[str, Any] | End:
    if due.context is None:
        found: dict[str, Any] | Skipped = skipped.GONE
    else:
        tree = person.read(due)
        found = consent.refused(tree) or make(to, due, tree)
    if isinstance(found, Skipped):
        # One that was tried may have been taken, whatever became of the event since.
        state: Ended = "skipped" if due.first_try_at is None else "outcome_unknown"
        return End(due.id, state, found.code, found.message)
    return found
