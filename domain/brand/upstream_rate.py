"""How fast an upstream may be asked, by all workers and for all tenants together.

A generic cell rate algorithm on one row for each upstream. A slot is a reservation: it may lie some seconds
ahead, and whoever has it waits for it, so that those who came first go first. What would have to wait for
longer than its patience gets no slot and changes nothing. Only the database's clock is compared.

A tenant that has asked for less than its share lately may reserve further ahead. Those who ask for more keep
the line no longer than their own patience, so it finds room behind them, however many they are (I5).
"""

from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import upstream_pace
from schemas.errors import SourceRateLimited


class Pace(NamedTuple):
    """At most `burst` requests at once, then one every `every_s`; rests after a refusal, in seconds.

    A tenant's share is as many at once, then one every `share_s`; within it, its patience is `favor_s` more.
    """

    upstream: str
    every_s: float
    burst: int
    share_s: float
    favor_s: float
    rest_s: float
    longest_rest_s: float

    @property
    def slack_s(self) -> float:
        return (self.burst - 1) * self.every_s

    def tenants(self, organization_id: UUID) -> str:
        """The name of the row that counts one tenant's slots."""
        return f"{self.upstream} {organization_id}"


#: Apple allows "approximately 20 calls per minute": no minute has more, the burst's five included.
ITUNES = Pace("itunes", every_s=4, burst=5, share_s=12, favor_s=15, rest_s=60, longest_rest_s=1800)


async def take(conn: Conn, *, pace: Pace, organization_id: UUID, patience_s: float) -> float:
    """A slot: how long to wait for it, up to `patience_s` and what its tenant is favored by.

    Raises `SourceRateLimited` with a later time. Takers go one after the other, until their commits.
    """
    await _lock(conn, pace)
    tenant = pace.tenants(organization_id)
    modest = await upstream_pace.is_modest.value(
        conn, upstream=tenant, slack_s=pace.share_s * (pace.burst - 1)
    )
    ahead_s = pace.slack_s + patience_s + (0 if modest is False else pace.favor_s)
    wait_s = await upstream_pace.take_slot.value(
        conn, upstream=pace.upstream, every_s=pace.every_s, slack_s=pace.slack_s, ahead_s=ahead_s
    )
    if wait_s is None:
        later_s = await upstream_pace.get_wait.value(conn, upstream=pace.upstream, ahead_s=ahead_s)
        raise SourceRateLimited(f"{pace.upstream} is asked as often as it allows", retry_after=later_s)
    await upstream_pace.count_slot.run(conn, upstream=tenant, every_s=pace.share_s)
    return float(wait_s)


async def confirm(conn: Conn, *, pace: Pace) -> None:
    """A slot that was waited for is still good. Raises `SourceRateLimited` if a rest began meanwhile."""
    await _lock(conn, pace)


async def _lock(conn: Conn, pace: Pace) -> None:
    rest_s = await upstream_pace.lock_upstream.value(conn, upstream=pace.upstream)
    if rest_s:
        raise SourceRateLimited(f"{pace.upstream} takes no more requests for now", retry_after=rest_s)


async def hold(conn: Conn, *, pace: Pace, wish_s: float | None) -> float:
    """Leave an upstream alone that refused a request; for how long from now.

    For at least `wish_s`, its own wish. A refusal soon after a rest makes the next rest twice as long; one
    of a request that was already on its way when the rest began adds nothing.
    """
    length_s: float = await upstream_pace.hold_upstream.value(
        conn,
        upstream=pace.upstream,
        rest_s=pace.rest_s,
        longest_s=pace.longest_rest_s,
        wish_s=wish_s or 0.0,
        slack_s=pace.slack_s,
    )
    return length_s
