"""Periods that a list is asked for, by when its items were made."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from schemas import ids

#: How far the clock that made an id may be from the database's, which a row's own time is from.
APART = timedelta(hours=1)


class Period(NamedTuple):
    """From `since` on, and before `until`; None is no bound.

    A row's own time decides. Its id has the same time but for the difference of two clocks, and lists are in
    the order of ids: so an index finds the period.
    """

    since: datetime | None = None
    until: datetime | None = None
    #: How much older rows may have been made than their ids are: those of a sandbox get older by its clock.
    older: timedelta = timedelta()

    def back(self, by: timedelta) -> "Period":
        """The same, of a sandbox whose clock is ahead by so much, as its rows have it."""
        since, until = (bound and _moved(bound, -by) for bound in (self.since, self.until))
        return Period(since, until, older=by)

    @property
    def from_id(self) -> UUID | None:
        """No row of the period has an id below it."""
        return None if self.since is None else ids.first_of(_moved(self.since, -APART))

    def before(self, cursor: UUID | None) -> UUID | None:
        """The id that all have an id below which are in the period and behind a cursor."""
        ends = [cursor, None if self.until is None else ids.first_of(_moved(self.until, APART + self.older))]
        return min((end for end in ends if end), default=None)


def _moved(moment: datetime, by: timedelta) -> datetime:
    """At either end of the calendar it stays where it is: no id is from there."""
    try:
        return moment + by
    except OverflowError:
        return moment


ALWAYS = Period()
