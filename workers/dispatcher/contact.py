"""Whether Postgres could be reached without a gap for long enough to judge leases.

While it couldn't, no worker could renew, and a lease that ran out says nothing about its holder. All
times are the database's own, so that neither our clock nor our being stopped matters.
"""

from datetime import UTC, datetime, timedelta

_NEVER = datetime.min.replace(tzinfo=UTC)


class Contact:
    """`reached` is told the database's time at each answer."""

    def __init__(self, lease_s: float) -> None:
        self._lease = timedelta(seconds=lease_s)
        # A lease is renewed every 2/15 of it: an outage of half of it makes none run out.
        self._gap = self._lease / 2
        self._since = self._last = _NEVER

    def reached(self, at: datetime) -> None:
        if at - self._last > self._gap:
            self._since = at
        self._last = at

    @property
    def steady(self) -> bool:
        """For a whole lease, in which every living worker has renewed."""
        return self._last - self._since >= self._lease

    @property
    def judges_before(self) -> datetime:
        """A judgement that reaches the database later than this comes after a gap."""
        return self._last + self._gap
