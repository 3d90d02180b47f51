"""Periods of lists, by the time of creation."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from schemas import ids

#: Largest difference between the clock of an id and the database's, which sets a row's own time.
MAX_ID_CLOCK_DIFFERENCE = timedelta(hours=1)


class ListPeriod(NamedTuple):
    """Period from `since` on, and before `until`; None is no bound.

    A row's own time decides. Its id has the same time but for the difference of two clocks, and lists are
    ordered by id: so an index finds the period.
    """

    since: datetime | None = None
    until: datetime | None = None
    #: Time by which rows are older than their ids: a sandbox's clock moves their times into the past.
    older: timedelta = timedelta()

    def subtract_sandbox_lead(self, by: timedelta) -> "ListPeriod":
        """Return the period moved back by `by`, the time by which a sandbox's clock is ahead of its rows."""
        since, until = (bound and _shift_unless_overflow(bound, -by) for bound in (self.since, self.until))
        return ListPeriod(since, until, older=by)

    def sql_parameters(self, cursor: UUID | None) -> dict[str, Any]:
        """Return the parameters of a list's statement: the period, and the bounds of its ids before a cursor."""
        return {
            "since": self.since,
            "until": self.until,
            "from_id": self.lowest_possible_id,
            "before": self.id_upper_bound(cursor),
        }

    @property
    def lowest_possible_id(self) -> UUID | None:
        """Return a lower bound of the ids of rows created in the period; None without a start."""
        return (
            None
            if self.since is None
            else ids.first_uuid7_at(_shift_unless_overflow(self.since, -MAX_ID_CLOCK_DIFFERENCE))
        )

    def id_upper_bound(self, cursor: UUID | None) -> UUID | None:
        """Return an upper bound of the ids in the period and before a cursor; None without any bound."""
        ends = [
            cursor,
            None
            if self.until is None
            else ids.first_uuid7_at(_shift_unless_overflow(self.until, MAX_ID_CLOCK_DIFFERENCE + self.older)),
        ]
        return min((end for end in ends if end), default=None)


def _shift_unless_overflow(moment: datetime, by: timedelta) -> datetime:
    """Return a time moved by `by`; unmoved if it would leave the calendar, where no ids are."""
    try:
        return moment + by
    except OverflowError:
        return moment


UNBOUNDED_PERIOD = ListPeriod()
