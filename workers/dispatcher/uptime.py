"""Uptime of Postgres as seen by the dispatcher: how long it has responded without a gap.

While Postgres is away no worker can renew its lease, so an expiry in that time doesn't prove its holder dead.
All times are the database's own: neither the local clock nor a pause of this process matters.
"""

from datetime import UTC, datetime, timedelta

_POSTGRES_NEVER_RESPONDED_AT = datetime.min.replace(tzinfo=UTC)


class PostgresUptimeTracker:
    """Times of Postgres's responses, reported to `note_response` with the database's time."""

    def __init__(self, lease_s: float) -> None:
        self._lease = timedelta(seconds=lease_s)
        # A lease is renewed every 2/15 of its length: an outage of half its length lets none run out.
        self._gap = self._lease / 2
        self._since = self._last = _POSTGRES_NEVER_RESPONDED_AT

    def note_response(self, at: datetime) -> None:
        if at - self._last > self._gap:
            self._since = at
        self._last = at

    def reset_uptime(self) -> None:
        """Reset the uptime of Postgres after a failed statement.

        Other processes may be unable to write, even if later statements succeed.
        """
        self._last = _POSTGRES_NEVER_RESPONDED_AT

    @property
    def was_up_for_whole_lease(self) -> bool:
        """Return whether Postgres responded for a lease without a gap: each living worker has renewed in that time."""
        return self._last - self._since >= self._lease

    @property
    def deadline_to_declare_workers_dead(self) -> datetime:
        """Return the database's time until which an expired lease proves that its worker is dead.

        A later statement may follow an outage of Postgres in which no worker could renew.
        """
        return self._last + self._gap
