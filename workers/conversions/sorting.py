"""Sorting of due conversions: those that can be sent, as their destination takes them, and others' ends."""

from collections.abc import Callable, Collection, Sequence
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
    """A conversion as it is sent, and the fields that it is sent without for their form."""

    id: UUID
    event: dict[str, Any]
    dropped: frozenset[str]


def sort(
    due: Sequence[Due], make: Make, to: OpenDestination, *, now: datetime
) -> tuple[list[Ready], list[End]]:
    """Make the events of those that can be sent, and find the ends of the others."""
    ready, ends = list[Ready](), list[End]()
    for one in due:
        found = end_of(one, now=now) or _made(one, make, to)
        if isinstance(found, End):
            ends.append(found)
        else:
            ready.append(found)
    return ready, ends


def delivered(one: Ready) -> End:
    """The end of one that its destination took. The row names the fields that it went without."""
    if not one.dropped:
        return End(one.id, "delivered")
    return End(one.id, "delivered", "FIELDS_DROPPED", f"sent without {_listed(one.dropped)}")


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


def _made(due: Due, make: Make, to: OpenDestination) -> Ready | End:
    if due.context is None:
        return _skipped(due, skipped.GONE, frozenset())
    tree = person.read(due)
    found = consent.refused(tree) or make(to, due, tree)
    if isinstance(found, Skipped):
        return _skipped(due, found, tree.dropped)
    return Ready(due.id, found, frozenset(tree.dropped))


def _skipped(due: Due, why: Skipped, dropped: Collection[str]) -> End:
    """The end of one that can't be sent. One that was tried before may have been taken."""
    state: Ended = "skipped" if due.first_try_at is None else "outcome_unknown"
    without = f"; left out: {_listed(dropped)}" if dropped else ""
    return End(due.id, state, why.code, why.message + without)


def _listed(dropped: Collection[str]) -> str:
    return f"{', '.join(sorted(dropped))}, which has another form or may name a person"
