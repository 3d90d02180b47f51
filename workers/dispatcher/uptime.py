"""Uptime of Postgres as the dispatcher sees it: how long it has answered without a gap.

While Postgres is away no worker can renew its lease, so a lease that ran out then says nothing about its
holder. All times are the database's own: neither our clock nor a pause of this process matters.
"""

from datetime import UTC, datetime, timedelta

_NEVER = datetime.min.replace(tzinfo=UTC)


class Uptime:
    """Answers of Postgres, each told to `answered` with the database's time."""

    def __init__(self, lease_s: float) -> None:
        self._lease = timedelta(seconds=lease_s)
        # A lease is renewed every 2/15 of it: an outage of half of it makes none run out.
        self._gap = self._lease / 2
        self._since = self._last = _NEVER

    def answered(self, at: datetime) -> None:
        if at - self._last > self._gap:
            self._since = at
        self._last = at

    def failed(self) -> None:
        """A statement failed: it may be that nobody can write, though others are answered."""
        self._last = _NEVER

    @property
    def is_steady(self) -> bool:
        """True if it lasts for a whole lease already: every living worker has renewed in that time."""
        return self._last - self._since >= self._lease

    @property
    def deadline(self) -> datetime:
        """The time until which leases may be judged: a statement that runs later comes after a gap."""
        return self._last + self._gap
