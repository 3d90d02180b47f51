"""Split of due conversions: payloads of those to send, and ends of the others."""

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

#: A destination accepts events of 7 days, and deduplicates them for 48 hours from the first attempt on. One
#: hour is left for the transfer.
OLDEST, KNOWN = timedelta(days=7) - timedelta(hours=1), timedelta(hours=47)

#: Builds an event's payload for a destination, or returns the reason to skip it.
Make: TypeAlias = Callable[[OpenDestination, Due, Tree], dict[str, Any] | Skipped]


class Ready(NamedTuple):
    """A conversion ready to send, and the fields that were dropped for their format."""

    id: UUID
    event: dict[str, Any]
    dropped: frozenset[str]


def sort(
    due: Sequence[Due], make: Make, to: OpenDestination, *, now: datetime
) -> tuple[list[Ready], list[End]]:
    """Build the payloads of the conversions to send, and the ends of the others."""
    ready, ends = list[Ready](), list[End]()
    for one in due:
        found = end_of(one, now=now) or _made(one, make, to)
        if isinstance(found, End):
            ends.append(found)
        else:
            ready.append(found)
    return ready, ends


def delivered(one: Ready) -> End:
    """Return the end of an accepted conversion. The row names its dropped fields."""
    if not one.dropped:
        return End(one.id, "delivered")
    return End(one.id, "delivered", "FIELDS_DROPPED", f"sent without {_listed(one.dropped)}")


def end_of(due: Due, *, now: datetime) -> End | None:
    """Return the end of a conversion past its time, or None."""
    if due.first_try_at is not None and now - due.first_try_at > KNOWN:
        message = "a response was lost, and it is too late to send again: it may have been counted"
        return End(due.id, "outcome_unknown", "ANSWER_LOST", message)
    if now - due.occurred_at > OLDEST:
        if due.first_try_at is not None:
            message = (
                "a response was lost, and the event is too old to be sent again: it may have been counted"
            )
            return End(due.id, "outcome_unknown", "ANSWER_LOST", message)
        return End(due.id, "expired", "TOO_OLD", "the event is older than the 7 days accepted")
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
    """Return the end of a conversion that can't be sent. An earlier attempt may have delivered it."""
    state: Ended = "skipped" if due.first_try_at is None else "outcome_unknown"
    without = f"; dropped: {_listed(dropped)}" if dropped else ""
    return End(due.id, state, why.code, why.message + without)


def _listed(dropped: Collection[str]) -> str:
    return f"{', '.join(sorted(dropped))}: of another format, or may name a person"
